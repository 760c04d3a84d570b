"""Measures how high every voice speaks and writes ``src/tts_engine/prosody/registers.json``.

    python scripts/measure_voice_registers.py MODEL_FILE VOICES_DIR

Only the first two stages run (the curves are what the decoder renders), so it takes a minute or two.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.text.frontend import FrontEnd

TARGET = Path(__file__).parents[1] / "src" / "tts_engine" / "prosody" / "registers.json"

TEXTS = (
    "请把桌上的杯子轻轻放到柜子里去。",
    "我们约好下午三点在图书馆门口见面。",
    "这条小路弯弯曲曲，一直通向山顶的寺庙。",
    "列车即将进站，请站在黄线以内排队等候。",
)

VOICED_HZ = 50.0


def main(model_file: str, voices_dir: str) -> None:
    """Writes the table."""
    engine = AcousticEngine.load(Path(model_file), threads=1)
    front_end = FrontEnd(engine.config.symbols)
    phonemes = [sentence.phonemes for text in TEXTS for sentence in front_end.analyse(text).sentences]
    table = {}
    for file in sorted(Path(voices_dir).glob("*.bin")):
        pack = np.fromfile(file, np.float32).reshape(-1, 2 * engine.config.style)
        voiced = []
        for tokens in phonemes:
            f0 = engine.predict(engine.encode(tokens, pack[len(tokens) - 1, engine.config.style :])).f0
            voiced.append(f0[f0 > VOICED_HZ])
        low, median, high = np.percentile(np.concatenate(voiced), [3, 50, 97])
        table[file.stem] = {
            "median_hz": round(float(median), 1),
            "low_hz": round(float(low), 1),
            "high_hz": round(float(high), 1),
        }
        print(file.stem, table[file.stem])
    TARGET.write_text(json.dumps({"texts": TEXTS, "voices": table}, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
