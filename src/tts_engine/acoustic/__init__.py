"""acoustic stage."""
