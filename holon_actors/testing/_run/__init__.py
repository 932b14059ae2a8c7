"""One run put together: its loop, machine, nodes, network and disks, and the guard that keeps the
world outside out.
"""
