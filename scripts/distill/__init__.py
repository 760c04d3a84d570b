"""Teaches the fast decoder: lessons from our own engine, the student, its losses, training and export.

``python scripts/distill COMMAND``; docs/distill.md says what each does and how long it takes.
"""
