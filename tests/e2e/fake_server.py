"""``tts-engine serve`` around a fake synthesizer: PORT [LOAD_SECONDS [SENTENCE_SECONDS]]; LOAD_SECONDS < 0 fails.

Settings come from ``TTS_*``. ``TTS_TEST_LARGEST_FILE`` limits what can be written, ``TTS_TEST_CLOCK_JUMPS`` moves the
wall clock all the time; a sentence that contains ``爆炸`` makes its worker raise what nobody expects.
"""

import dataclasses
import itertools
import os
import resource
import sys
import threading
import time
from pathlib import Path

from tts_engine.errors import AssetMissingError
from tts_engine.service import app
from tts_engine.service.engine import EngineHolder
from tts_engine.settings import load_settings

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "service"))
from fake_synthesizer import FakeSynthesizer


def load(_progress):
    load_s = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    if load_s < 0:
        raise AssetMissingError("模型文件缺失，请复制到 cache_hub/import。Model files are missing.")
    time.sleep(load_s)
    synthesizer = FakeSynthesizer(float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
    synthesizer.explodes_at = "爆炸"
    return synthesizer


def jump_about():
    """The wall clock, years forth and back all the time, for everything that asks Python for it."""
    real = time.time
    years = itertools.cycle((0, 10, -10))
    moved = [0.0]
    time.time = lambda: real() + moved[0]
    while True:
        moved[0] = next(years) * 365.0 * 86400.0
        time.sleep(0.03)


if os.environ.get("TTS_TEST_LARGEST_FILE"):
    largest = int(os.environ["TTS_TEST_LARGEST_FILE"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))  # a write beyond fails like one on a full disk
if os.environ.get("TTS_TEST_CLOCK_JUMPS"):
    threading.Thread(target=jump_about, daemon=True).start()
app.engine_of = lambda _settings: EngineHolder(load)
settings, _ = load_settings()
app.serve(dataclasses.replace(settings, port=int(sys.argv[1]), max_characters=500))
