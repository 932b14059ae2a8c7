"""How values are written, the same in every process and on every Python."""
