"""One script per system measured; each does one work in its own process and prints one JSON line.

A worker imports only the system it measures. It warms up before the clock starts, and the clock
stops when the last message was handled, never when it was merely sent.
"""

__all__: list[str] = []
