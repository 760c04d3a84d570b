"""Programmes: a script becomes audio with several voices, chapters and labels. What it does not know: queues, HTTP."""
