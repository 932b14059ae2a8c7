"""A member of a group: the actor, and what it does with what its core wants done."""
