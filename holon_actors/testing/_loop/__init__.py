"""The event loop of a simulation: virtual time, the order of what is ready, fences, lives of nodes.
Knows nothing of actors beyond the name of a reference.
"""
