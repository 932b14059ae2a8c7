"""What the entries of a log mean, and how they change the state machine. Pure."""
