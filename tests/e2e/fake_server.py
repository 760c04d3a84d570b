"""``tts-engine serve`` around a fake synthesizer: PORT [LOAD_SECONDS [SENTENCE_SECONDS]]; LOAD_SECONDS < 0 fails.

Settings come from ``TTS_*``; a sentence that contains ``爆炸`` makes its worker raise what nobody expects.
"""

import dataclasses
import sys
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
    return FakeSynthesizer(float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)


app.engine_of = lambda _settings: EngineHolder(load)
settings, _ = load_settings()
app.serve(dataclasses.replace(settings, port=int(sys.argv[1]), max_characters=500))
