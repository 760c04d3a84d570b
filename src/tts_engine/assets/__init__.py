"""assets stage."""
