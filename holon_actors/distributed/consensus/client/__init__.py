"""A client's way to a group: which member it asks, what it repeats, and what it may report."""
