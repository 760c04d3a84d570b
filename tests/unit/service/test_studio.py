"""The actions behind the page, without the page."""

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_synthesizer import FakeSynthesizer
from test_running import hear

from tts_engine.errors import ControlError, OutputError, TextError
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
    entry = studio.synthesize("好。", {}, lambda *_: None)
    names = {studio.hand_out(entry) for _ in range(3)}
    assert len(names) == 3
    for name in names:
        assert name.endswith("/" + entry.name)
        assert Path(name).read_bytes() == (studio.settings.outputs / entry.name).read_bytes()


def test_voices_are_known_after_loading_and_values_stay_stable(studio):
    assert studio.voices() == [("晓晓 Xiaoxiao", "zf_xiaoxiao")]
    studio.engine.obtain()
    assert dict(studio.voices())["晓晓（普通话，女） Xiaoxiao"] == "zf_xiaoxiao"
    assert [value for _, value in studio.voices()] == ["zf_xiaoxiao", "zm_yunxi", "af_heart"]


def test_two_texts_at_once_get_their_own_files(studio):
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(studio.synthesize("好。", {}, lambda *_: None).name))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 6


def samples(studio, entry):
    return soundfile.read(studio.settings.outputs / entry.name, dtype="float32")[0]


def test_a_result_is_kept_with_what_it_was_made_of(studio):
    made = studio.synthesize("好。天气。", {"voice": "zm_yunxi"}, lambda *_: None)
    kept = studio.history.get(made.id)
    assert kept == made and kept.options == {"voice": "zm_yunxi"}
    assert [sentence.text for sentence in kept.sentences] == ["好。", "天气。"]
    assert len(kept.pitch) == 2 and kept.pitch[0][0] == 220


def test_one_sentence_again_changes_nothing_else(studio):
    made = studio.synthesize("一。二二。三。", {"seed": 3}, lambda *_: None)
    changed = studio.again(made.id, 1, {"seed": 3, "voice": "zm_yunxi"}, lambda *_: None)
    before, after = samples(studio, made), samples(studio, changed)
    shift = len(after) - len(before)
    old, new = made.sentences[1], changed.sentences[1]
    first, last = round(old.begin_s * 24000), round(old.end_s * 24000)
    assert shift == 2400 - 4800
    assert np.array_equal(after[:first], before[:first])
    assert np.array_equal(after[last + shift :], before[last:])
    assert len(set(after[first : last + shift])) == 1  # the new sentence
    assert new.begin_s == old.begin_s and changed.sentences[2].begin_s == pytest.approx(new.end_s)
    assert changed.id != made.id and np.array_equal(samples(studio, made), before)  # the old one stays
    _, options = studio.fake.calls[-1]
    assert options.voice == "zm_yunxi" and options.seed != 3


@pytest.mark.parametrize("index", [-1, 3])
def test_a_sentence_that_is_not_there_is_told(studio, index):
    made = studio.synthesize("一。二。三。", {}, lambda *_: None)
    with pytest.raises(ControlError, match="3"):
        studio.again(made.id, index, {}, lambda *_: None)


@pytest.mark.parametrize("format", ["wav", "mp3", "flac", "opus"])
def test_a_result_can_be_had_in_any_format(studio, format):
    made = studio.synthesize("一。二。", {}, lambda *_: None)
    path, is_temporary = studio.audio_as(made.id, format)
    assert soundfile.info(path).duration == pytest.approx(made.audio_s, abs=0.06)
    assert is_temporary == (format != "wav")
    if is_temporary:
        path.unlink()


def test_audio_that_was_removed_by_hand_is_told_and_the_rest_stays(studio):
    made = studio.synthesize("一。", {}, lambda *_: None)
    (studio.settings.outputs / made.name).unlink()
    with pytest.raises(OutputError, match=made.name):
        studio.audio_as(made.id, "mp3")
    assert "一" in studio.subtitles(made.id, "srt")


def test_what_is_made_can_be_heard_meanwhile(studio):
    feed = studio.feeds.open("live")
    studio.synthesize("一。二。", {}, lambda *_: None, feed)
    feed.close()
    sound = hear(studio.feeds.get("live"))
    assert sound[:4] == b"RIFF" and len(sound) > 2 * 2 * 4800


@pytest.mark.parametrize(("client", "owner"), [("7f3a:one", "7f3a"), ("local:one", "local:one"), ("local", "local")])
def test_the_pages_of_one_key_share_what_it_gets(studio, client, owner):
    seen = []
    admit = studio.desk.scheduler.admit
    studio.desk.scheduler.admit = lambda name, **more: seen.append(name) or admit(name, **more)
    studio.synthesize("好。", {}, lambda *_: None, client=client)
    assert set(seen) == {owner}
