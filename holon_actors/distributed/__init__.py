"""Work that is spread over many nodes, and what keeps it in agreement."""
