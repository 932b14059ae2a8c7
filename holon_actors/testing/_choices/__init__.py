"""What a run leaves to chance: the tape of labelled draws, where draws come from, and how tapes are
searched and made plainer. Knows nothing of loops, actors and networks.
"""
