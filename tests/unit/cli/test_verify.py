"""``tts-engine verify``: what is said, as text and as JSON, and the exit code for programs."""

import json

import numpy as np
import pytest

from tts_engine import cli
from tts_engine.audio.encoding import encode
from tts_engine.audio.labelling import Labelling
from tts_engine.audio.marking import id3_tag

RATE = 24000
SOUND = np.zeros(2400, np.float32)


@pytest.fixture
def ask(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            cli.main(["verify", *map(str, arguments)])
        return left.value.code, capsys.readouterr()

    return run


@pytest.fixture
def ours(tmp_path):
    path = tmp_path / "ours.flac"
    path.write_bytes(encode(SOUND, RATE, "flac", mark=Labelling(producer="Studio 7").new_mark()))
    return path


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "foreign.mp3"
    path.write_bytes(id3_tag('{"Label":"1","ContentProducer":"other"}') + encode(SOUND, RATE, "mp3"))
    return path


@pytest.fixture
def bare(tmp_path):
    path = tmp_path / "bare.wav"
    path.write_bytes(encode(SOUND, RATE, "wav"))
    return path


def test_our_file_is_known_and_says_who_made_it(ask, ours):
    code, said = ask(ours)
    assert code == 0
    assert "由本软件标识" in said.out and "ContentProducer   Studio 7" in said.out


def test_the_exit_code_is_that_of_the_worst_file(ask, ours, foreign, bare):
    assert ask(foreign)[0] == 1
    assert ask(bare)[0] == 3
    assert ask(ours, foreign)[0] == 1
    assert ask(ours, foreign, bare)[0] == 3


def test_json_has_a_line_for_each_file(ask, ours, foreign, bare):
    _, said = ask("--json", ours, foreign, bare)
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["state"] for line in lines] == ["ours", "foreign", "none"]
    assert [line["is_marked"] for line in lines] == [True, True, False]
    assert lines[0]["fields"]["Label"] == "1" and lines[0]["container"] == "flac"


def test_a_missing_file_is_one_clear_error(ask, tmp_path):
    code, said = ask(tmp_path / "missing.wav")
    assert code == 66 and "无法读取" in said.err and said.out == ""
