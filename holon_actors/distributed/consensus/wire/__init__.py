"""What members and clients say, as values that travel."""
