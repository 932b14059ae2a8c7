"""Below the simulated network: who reaches whom, what a link does to frames, and the transport that
systems see.
"""
