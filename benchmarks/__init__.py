"""The benchmark harness: Holon and its peers, measured in one go, reported as ratios.

Run as `python -m benchmarks`. This package measures; it is not shipped in the wheel and nothing in
`holon_actors` imports it.
"""

__all__: list[str] = []
