"""The commands: what they print, and that what is wrong is told before anything is loaded."""

import json

import pytest

from tts_engine.cli import main
from tts_engine.ledger import Ledger


@pytest.fixture
def run(stage, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tts_engine.cli.produce.open_synthesizer", lambda settings: stage[0])
    monkeypatch.setattr("tts_engine.cli.book.open_synthesizer", lambda settings: stage[0])

    def command(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        return caught.value.code, out, err

    return command


SCRIPT = "# 雨夜\n\n旁白：雨下了一整夜。\n老周：谁在那里？\n小满：是我。\n"
PROSE = "第一章 门\n\n雨下了一整夜。\n\n“谁在那里？”王婶问道。\n\n“是我。”陈默说。\n"


@pytest.mark.parametrize("text", [SCRIPT, PROSE])
def test_one_command_makes_a_programme(run, tmp_path, text):
    (tmp_path / "雨夜.txt").write_text(text, "utf-8")
    code, out, err = run("produce", "雨夜.txt", "-o", "out", "--json", "--emotion", "neutral", "--loudness", "-20")
    assert code == 0
    facts = json.loads(out)
    assert facts["audio_s"] > 1 and len(facts["rendered"]) == facts["rendered"][-1] and not facts["reused"]
    assert (tmp_path / "雨夜.cast.json").exists() and "渲染" in err
    code, out, _ = run(
        "produce", "雨夜.txt", "-o", "out", "--emotion", "neutral", "--loudness", "-20", "--line", "2", "-q"
    )
    assert code == 0 and out.strip().endswith(".wav")
    code, out, _ = run("produce", "雨夜.txt", "-o", "out", "--emotion", "neutral", "--loudness", "-20", "--json", "-q")
    assert json.loads(out)["rendered"] == []
    written = Ledger(tmp_path / "outputs").renderings()
    assert [one.lines_rendered for one in written] == [len(facts["rendered"]), 1, 0]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("produce", "nothing.txt", "-o", "out"), 65, "text_unreadable"),
        (("produce", "雨夜.txt", "-o", "out", "--loudness", "loud"), 64, "audiobook"),
        (("produce", "雨夜.txt", "-o", "out", "--peak", "high"), 64, "ceiling_dbtp"),
        (("produce", "雨夜.txt", "-o", "out", "--subtitles", "ass"), 64, "ass"),
        (("produce", "雨夜.txt", "-o", "out", "--cover", "nothing.png"), 64, "nothing.png"),
        (("book", "nothing.epub", "-o", "out"), 65, "text_unreadable"),
    ],
)
def test_what_is_wrong_is_one_clear_error(run, tmp_path, arguments, code, word):
    (tmp_path / "雨夜.txt").write_text(SCRIPT, "utf-8")
    status, _, err = run(*arguments)
    assert status == code and word in err and "Traceback" not in err


def test_a_book_and_its_chapters(run, tmp_path):
    (tmp_path / "书.txt").write_bytes("第一章 门\n雨下了一整夜。\n第二章 灯\n灯亮了，人们都来了。\n".encode("gb18030"))
    code, out, err = run("book", "书.txt", "-o", "out", "--list")
    assert code == 0 and out.splitlines() == ["1\t第一章 门\t7", "2\t第二章 灯\t10"] and "gb18030" in err
    code, out, err = run("book", "书.txt", "-o", "out", "--format", "mp3", "--epub", "--emotion", "neutral", "-q")
    assert code == 0 and [line.rpartition(".")[2] for line in out.split()] == ["mp3", "epub"] and "gb18030" in err
