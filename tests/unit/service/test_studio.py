"""The actions behind the page, without the page."""

import threading

import pytest
from fake_synthesizer import FakeSynthesizer

from tts_engine.errors import ControlError, TextError
from tts_engine.service.engine import EngineHolder
from tts_engine.service.scheduler import Cancelled
from tts_engine.service.studio import Studio
from tts_engine.settings import Settings


@pytest.fixture
def studio(tmp_path):
    engine = FakeSynthesizer()
    made = Studio(
        Settings(outputs=tmp_path / "outputs", max_characters=100),
        EngineHolder(lambda _progress: engine),
        tmp_path / "shelf",
    )
    made.fake = engine
    return made


def test_progress_rises_to_the_end(studio):
    heard = []
    studio.synthesize("好。好。好。好。", {}, lambda share, _words: heard.append(share))
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) >= 4


def test_every_option_reaches_the_engine(studio):
    studio.synthesize("好。", {"voice": "zm_yunxi", "speed": 1.3, "seed": 7}, lambda *_: None)
    ((text, options),) = studio.fake.calls
    assert (text, options.voice, options.speed, options.seed) == ("好。", "zm_yunxi", 1.3, 7)


@pytest.mark.parametrize("text", ["", " \n\t ", None, "字" * 101])
def test_texts_that_cannot_be_taken_do_not_reach_the_engine(studio, text):
    with pytest.raises(TextError):
        studio.synthesize(text, {}, lambda *_: None)
    assert not studio.fake.calls


@pytest.mark.parametrize("options", [{"speed": float("nan")}, {"emotion": "愤努"}, {"pitch": 1}])
def test_options_that_are_not_allowed_are_refused_before_the_model_is_waited_for(studio, options):
    with pytest.raises(ControlError):
        studio.synthesize("好。", options, lambda *_: None)
    assert studio.engine.synthesizer is None


def test_going_down_ends_a_running_text_without_a_file(studio):
    studio.fake.sentence_s = 0.02

    def on_progress(share, _words):
        if share > 0.1:
            studio.stop()

    with pytest.raises(Cancelled):
        studio.synthesize("好。" * 50, {}, on_progress)
    assert list(studio.settings.outputs.iterdir()) == []


def test_the_browser_gets_the_same_file_under_a_name_that_cannot_be_guessed(studio):
    result = studio.synthesize("好。", {}, lambda *_: None)
    names = {studio.hand_out(result) for _ in range(3)}
    assert len(names) == 3
    for name in names:
        assert name.endswith("/" + result.path.name)
        with open(name, "rb") as file:  # noqa: PTH123
            assert file.read() == result.path.read_bytes()


def test_voices_are_known_after_loading_and_values_stay_stable(studio):
    assert studio.voices() == [("晓晓 Xiaoxiao", "zf_xiaoxiao")]
    studio.engine.obtain()
    assert dict(studio.voices())["晓晓（普通话，女） Xiaoxiao"] == "zf_xiaoxiao"
    assert [value for _, value in studio.voices()] == ["zf_xiaoxiao", "zm_yunxi", "af_heart"]


def test_two_texts_at_once_get_their_own_files(studio):
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(studio.synthesize("好。", {}, lambda *_: None).path))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 6
