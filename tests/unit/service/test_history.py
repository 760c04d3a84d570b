"""What was made on this machine."""

import sqlite3
import threading

import pytest

from tts_engine.errors import ControlError, OutputError
from tts_engine.service.history import FILE, Entry, History, new_id, now
from tts_engine.types import SentenceTiming, Span, Timing

TIMING = SentenceTiming(
    "你好。",
    Span(0, 3),
    0.1,
    0.9,
    words=(Timing("你好", Span(0, 2), 0.1, 0.6),),
    characters=(Timing("你", Span(0, 1), 0.1, 0.3),),
)


def entry(**changes):
    values = {
        "id": new_id(),
        "created": now(),
        "name": "20261126_120000.wav",
        "text": "你好。",
        "options": {"voice": "zf_xiaoxiao", "emotion": [0.5] * 8},
        "audio_s": 1.0,
        "synthesis_s": 0.5,
        "warnings": ("注意",),
        "sentences": (TIMING,),
        "pitch": ((0, 220, 210),),
    }
    return Entry(**{**values, **changes})


def test_what_goes_in_comes_out(tmp_path):
    history, kept = History(tmp_path / "outputs"), entry()
    history.add(kept)
    assert history.get(kept.id) == kept
    assert History(tmp_path / "outputs").get(kept.id) == kept  # another process


def test_the_newest_come_first_and_every_word_must_be_there(tmp_path):
    history = History(tmp_path)
    for number, text in enumerate(("春天来了", "春天走了", "100%的_把握")):
        history.add(entry(text=text, created=f"2026-01-0{number + 1}T00:00:00.000+00:00"))
    assert [found.text for found in history.search()] == ["100%的_把握", "春天走了", "春天来了"]
    assert [found.text for found in history.search("春天 走")] == ["春天走了"]
    assert [found.text for found in history.search("0%的_")] == ["100%的_把握"]  # no wildcards
    assert not history.search("%走_")
    assert len(history.search("zf_xiaoxiao", limit=2)) == 2
    assert history.count() == 3


def test_deleting_takes_the_audio_along_and_a_missing_one_is_named(tmp_path):
    history, kept = History(tmp_path), entry()
    history.add(kept)
    (tmp_path / kept.name).write_bytes(b"RIFF")
    history.delete(kept.id)
    assert not (tmp_path / kept.name).exists()
    with pytest.raises(ControlError, match=kept.id):
        history.get(kept.id)


def test_a_name_never_leads_out_of_the_folder(tmp_path):
    outside = tmp_path / "secret.wav"
    outside.write_bytes(b"secret")
    history = History(tmp_path / "outputs")
    bad = entry(name="../secret.wav")
    history.add(bad)
    assert history.path(bad).parent == tmp_path / "outputs"
    history.delete(bad.id)
    assert outside.exists()


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path):
    (tmp_path / FILE).write_text("no database at all, but long enough to be read as one" * 40)
    with pytest.raises(OutputError, match=FILE):
        History(tmp_path).search()


def test_many_writers_lose_nothing(tmp_path):
    history = History(tmp_path)
    threads = [threading.Thread(target=lambda: [history.add(entry()) for _ in range(5)]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert history.count() == 30
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
