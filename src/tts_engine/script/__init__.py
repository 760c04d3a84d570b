"""Scripts: who says what, and how. What this package does not know: sound."""
