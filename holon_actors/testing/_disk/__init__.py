"""Below the simulated disk: what is written, what is durable, and what a crash leaves of it."""
