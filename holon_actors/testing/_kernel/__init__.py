"""How actor systems are simulated: what their machine gives them in place of the real one, and
what is noted about them. The kernel itself is the real one.
"""
