"""emotion stage."""
