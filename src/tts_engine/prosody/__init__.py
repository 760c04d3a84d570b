"""prosody stage."""
