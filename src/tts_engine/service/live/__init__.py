"""Live sessions: text comes in piece by piece, speech goes out clause by clause, the listener's state steers it.

    messages ── protocol ──► LiveSession (one worker thread) ── events, audio ──► outbox ── endpoint ──► WebSocket

``session`` knows no network, ``endpoint`` no speech.
"""
