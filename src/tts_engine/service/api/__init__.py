"""The HTTP interface: the OpenAI speech schema, its extensions, and the addresses that reading apps expect.

    body ── body.read_json ──► fields ──► SpeechRequest ── work.perform ──► SynthesisChunk ... ──► answers

One module per family of addresses; ``router.build_router`` puts them together. Every error becomes the error object of
OpenAI in ``faults``. ``work.perform`` is the only place that calls the engine.
"""
