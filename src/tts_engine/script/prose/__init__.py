"""Prose -> who says what: people, turns and speakers. What this package does not know: how anything is felt."""
