"""A language model behind an OpenAI-compatible endpoint, asked for structured answers (the ``[llm]`` extra).

    Question (system text, data, schema) ── client ──► JSON ── our own check ──► value

``client`` knows how to ask, ``emotion_reader`` what to ask about emotions. What a user wrote is always data inside a
JSON string, never part of the instructions, and nothing of an answer is used that our own check has not passed.
"""
