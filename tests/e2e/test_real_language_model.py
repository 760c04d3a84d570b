"""The language model that the environment names, whatever it is: the same code as against the server of the tests.

TTS_LLM_BASE_URL=… TTS_LLM_MODEL=… TTS_LLM_API_KEY=… pytest tests/e2e/test_real_language_model.py
"""

from __future__ import annotations

import pytest

from tts_engine.api import load_language_model
from tts_engine.language_model.ceiling import Ceiling
from tts_engine.script.writing import WritingOptions, write
from tts_engine.settings import load_settings

SETTINGS, _ = load_settings()
STORY = "天刚亮，渡口就有人了。林小雨喊：“船家，等一等！”老周问：“姑娘，这么早去哪儿？”她没有回答。"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        SETTINGS.llm_base_url is None or SETTINGS.llm_model is None,
        reason="no language model: TTS_LLM_BASE_URL and TTS_LLM_MODEL are not set",
    ),
]


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("openai", reason="the [llm] extra is not installed")
    return load_language_model(SETTINGS, ceiling=Ceiling(tokens=60_000), timeout_s=120.0)


def test_it_annotates_every_character_and_tells_the_speakers(model):
    run = write("annotate", STORY, model)
    spoken = "".join(line.text for line in run.script.lines)
    assert [one for one in spoken if one not in "“”"] == [one for one in STORY if one not in "“”"]
    said = {line.role for line in run.script.lines if "等一等" in line.text}
    assert said == {"林小雨"} and run.usage.requests >= 1


def test_it_writes_as_much_as_was_asked_for(model):
    run = write("expand", "一条渡船在河上走了四十年，今天是最后一班。", model, options=WritingOptions(length=400))
    assert abs(run.characters_out / 400 - 1) < 0.25 and run.is_complete
