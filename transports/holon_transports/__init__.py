"""Moves frames between nodes, and turns values into frames. Knows nothing of actors."""

from holon_transports.transport import Buffer, Channel, Frames, Receiver, Transport

__all__ = ["Buffer", "Channel", "Frames", "Receiver", "Transport"]
