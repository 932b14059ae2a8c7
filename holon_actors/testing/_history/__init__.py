"""The search behind `linearizability`: histories made ready for it, and the search itself."""
