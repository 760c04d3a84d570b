"""Measures how loud each voice is and writes the table that ships with the package.

    python scripts/measure_voice_levels.py MODEL_FILE VOICES_DIR

Each voice speaks the same two Mandarin sentences; the table holds the integrated loudness (ITU-R BS.1770, LUFS) of
both together. Needs pyloudnorm (test dependency). Takes some minutes; deterministic.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pyloudnorm

from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.voices import VoiceStore

SENTENCES = {
    "欢迎收听今日新闻，这里是北京广播电台。": (
        "xwa→ni↗ŋ ʂou→tʰi→ŋ ʨi→nɻɨ↘ ɕi→nwə↗n, ꭧɤ↘li↓ ʂɨ↘ pei↓ʨi→ŋ kwa↓ŋpwo→tjɛ↘ntʰai↗."
    ),
    "你怎么现在才来？大家都等了半个小时了！": (
        "ni↓ ʦə↓nmɤ ɕjɛ↘nʦai↘ ʦʰai↗ lai↗? ta↘ʨja→ tou→ tə↓ŋ lɤ pa↘nkɤ↘ ɕjau↓ʂɨ↗ lɤ!"
    ),
}
TABLE = Path(__file__).resolve().parents[1] / "src" / "tts_engine" / "acoustic" / "voice_levels.json"


def loudness(engine: AcousticEngine, store: VoiceStore, voice: str) -> float:
    """Integrated loudness of a voice in LUFS."""
    waveforms = []
    for phonemes in SENTENCES.values():
        style = store.style(voice, len(phonemes))
        encoding = engine.encode(phonemes, style.prosody)
        waveforms.append(engine.render(encoding, engine.predict(encoding), style.timbre))
    return float(pyloudnorm.Meter(engine.config.sample_rate).integrated_loudness(np.concatenate(waveforms)))


def main() -> None:
    """Measures every voice of the folder and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_file", type=Path)
    parser.add_argument("voices_dir", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    engine = AcousticEngine.load(arguments.model_file, threads=arguments.threads)
    store = VoiceStore(arguments.voices_dir)
    levels = {}
    for voice in sorted(store.names()):
        levels[voice] = round(loudness(engine, store, voice), 2)
        print(f"{voice:16} {levels[voice]:7.2f} LUFS", flush=True)
    table = {"method": "ITU-R BS.1770 integrated, scripts/measure_voice_levels.py", "lufs": levels}
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
