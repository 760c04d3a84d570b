"""Voices of one's own: with consent, from recordings or mixes, into a library on disk, and out again as one file."""
