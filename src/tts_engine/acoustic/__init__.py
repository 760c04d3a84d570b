"""Phonemes and style in, prosody to edit, waveform out.

``engine.AcousticEngine`` is the stage, ``voices.VoiceStore`` its styles, ``config.ModelConfig`` its numbers. Importing
this package imports nothing of them: ONNX Runtime loads with ``engine``, torch only with ``network``.
"""
