"""``tts-engine worker``."""

import pytest

from tts_engine.cli import main


def test_without_a_broker_it_says_what_to_set(monkeypatch, capsys):
    monkeypatch.delenv("TTS_BROKER_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["worker"])
    assert ended.value.code == 78
    assert "TTS_BROKER_URL=redis://" in capsys.readouterr().err


def test_its_help_names_what_it_can(capsys):
    with pytest.raises(SystemExit):
        main(["worker", "--help"])
    said = capsys.readouterr().out
    assert all(option in said for option in ("--processes", "--max-tasks", "--name", "--status", "--forget-dead"))


def test_redis_that_is_away_is_one_line(monkeypatch, capsys):
    pytest.importorskip("celery", reason="the extra [queue] is not installed")
    monkeypatch.setenv("TTS_BROKER_URL", "redis://:secret@127.0.0.1:1/0")
    with pytest.raises(SystemExit) as ended:
        main(["worker", "--status"])
    said = capsys.readouterr().err
    assert ended.value.code == 69 and said.count("\n") == 1
    assert "broker_unavailable" in said and "secret" not in said
