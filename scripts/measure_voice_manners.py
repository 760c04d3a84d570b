"""Measures how every voice speaks when nothing moves it and writes ``src/tts_engine/prosody/manners.json``.

    python scripts/measure_voice_manners.py [CACHE_HUB] [VOICE...]      without names: all Mandarin voices

Every voice speaks the same sentences and is heard as a reference would be (``tts_engine.hearing``), so that both sides
of a transfer come from one instrument. About ten minutes on one core; voices that the table has already are kept.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import soundfile

from tts_engine import SynthesisOptions, Synthesizer
from tts_engine.hearing.hear import hear

TARGET = Path(__file__).parents[1] / "src" / "tts_engine" / "prosody" / "manners.json"

TEXT = "这条小路弯弯曲曲，一直通向山顶的寺庙。列车即将进站，请站在黄线以内，排队等候。我们约好下午三点见面。"

DIGITS = {"syllable_rate": 3, "f0_spread_st": 3, "tilt_db": 2, "hnr_db": 2, "vocal_tract_cm": 2}


def main(cache_hub: str = "cache_hub", *names: str) -> None:
    """Writes the table."""
    synthesizer = Synthesizer(cache_hub=cache_hub, threads=1, device="cpu")
    table = json.loads(TARGET.read_text("utf-8"))["voices"] if TARGET.exists() else {}
    chosen = names or [info.name for info in synthesizer.voices() if info.language == "zh"]
    for name in chosen:
        if name in table:
            continue
        result = synthesizer.synthesize(TEXT, SynthesisOptions(voice=name, context="off"))
        file = io.BytesIO()
        soundfile.write(file, result.waveform, result.sample_rate, format="WAV", subtype="PCM_16")
        style = hear(file.getvalue())
        table[name] = {
            **{field: round(float(getattr(style, field)), digits) for field, digits in DIGITS.items()},
            "pause_s": round(float(np.mean(style.pauses_s)), 3) if style.pauses_s else 0.2,
            "formants_hz": [round(value, 1) for value in style.formants_hz],
            "spectrum_db": [round(value, 1) for value in style.spectrum_db],
        }
        print(name, table[name], flush=True)
        ordered = dict(sorted(table.items()))
        TARGET.write_text(json.dumps({"text": TEXT, "voices": ordered}, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
