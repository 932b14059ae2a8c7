"""The command line against a running system: whom to ask, how to ask, and how answers look."""
