"""Who reads emotions for ``auto``: the words, or a reader that stands in for a language model."""

from __future__ import annotations

import pytest

from tiny_engine import TinyEngine, TinyVoices
from tts_engine.api import make_reader_of
from tts_engine.emotion.infer import Inference
from tts_engine.emotion.parse import amounts_of, parse_emotion
from tts_engine.emotion.vocabulary import is_emotion
from tts_engine.emotion.weigh import Evidence
from tts_engine.errors import FeatureMissingError
from tts_engine.options import SynthesisOptions
from tts_engine.pipeline import Synthesizer
from tts_engine.settings import Settings, load_settings
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.symbols import INVENTORY

BY_MODEL = SynthesisOptions(voice="zf_xiaoxiao", emotion="auto", emotion_reader="model", context="off")


class Stub:
    """Finds everything disgusting once, then fails."""

    def __init__(self):
        self.asked = []
        self.warnings = []

    def read(self, sentence):
        self.asked.append(sentence.strip())
        if len(self.asked) > 1:
            self.warnings.append("the model is gone")
            return None
        evidence = (Evidence("disgusted", sentence[:1], 0, 1, 0.9, "model"),)
        return Inference("disgusted", parse_emotion("disgusted", 0.9), {"disgusted": 0.9}, evidence)

    def take_warnings(self):
        taken, self.warnings = tuple(self.warnings), []
        return taken


@pytest.fixture(scope="module")
def front_end():
    return FrontEnd(INVENTORY, is_emotion=is_emotion)


@pytest.fixture
def synthesizer(front_end):
    return Synthesizer.from_parts(TinyEngine(), TinyVoices(), front_end)


TEXT = "[pause:1s]今天是星期三。我太高兴了！"


def test_the_model_reads_and_the_words_take_over_with_a_warning(synthesizer):
    readers = []
    synthesizer.make_reader = lambda: readers.append(Stub()) or readers[-1]
    first, second = synthesizer.stream(TEXT, BY_MODEL)
    assert set(amounts_of(first.performance.emotion)) == {"disgusted"} and first.performance.origin == "text"
    assert "语言模型" in first.performance.evidence[0]
    assert "happy" in amounts_of(second.performance.emotion) and "the model is gone" in second.warnings
    assert readers[0].asked == ["今天是星期三。", "我太高兴了！"]  # without markup
    list(synthesizer.stream(TEXT, BY_MODEL))
    assert len(readers) == 2  # one for each text


def test_live_text_and_explain_ask_it_too(synthesizer):
    synthesizer.make_reader = Stub
    live = synthesizer.live()
    (part,) = live.segmenter.feed("今天是星期三。") + live.segmenter.flush()
    (clause,) = live.speak(part, BY_MODEL)
    assert set(amounts_of(clause.performance.emotion)) == {"disgusted"}
    assert set(amounts_of(synthesizer.explain("今天是星期三。", BY_MODEL).performances[0].emotion)) == {"disgusted"}


def test_it_is_not_asked_unless_wanted(synthesizer):
    synthesizer.make_reader = lambda: pytest.fail("nobody asked for the model")
    list(synthesizer.stream(TEXT, SynthesisOptions(voice="zf_xiaoxiao", emotion="auto")))
    synthesizer.make_reader = Stub
    chunk, *_ = synthesizer.stream("今天是星期三。", SynthesisOptions(voice="zf_xiaoxiao", emotion_reader="model"))
    assert chunk.performance.emotion.is_neutral  # a named emotion needs nobody to read


@pytest.mark.parametrize("ask", ["stream", "explain", "live"])
def test_asked_for_and_not_set_up_is_one_error(synthesizer, ask):
    with pytest.raises(FeatureMissingError) as caught:
        if ask == "live":
            synthesizer.live().check(BY_MODEL)
        else:
            getattr(synthesizer, ask)(TEXT, BY_MODEL)
    assert caught.value.code == "language_model_unconfigured"


def test_the_settings_name_the_model_and_hide_the_key():
    settings, warnings = load_settings(
        {"TTS_LLM_BASE_URL": "http://127.0.0.1:1/v1", "TTS_LLM_MODEL": "m", "TTS_LLM_API_KEY": "very-secret"}
    )
    assert not warnings and settings.llm_api_key == "very-secret" and "very-secret" not in repr(settings)
    assert make_reader_of(settings) is not None and make_reader_of(Settings()) is None
