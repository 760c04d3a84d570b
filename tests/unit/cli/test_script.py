"""``tts-engine script``: prose and foreign scripts become ours, from files and pipes; errors have typed exit codes."""

import io
import json
import sys

import pytest

from tts_engine import cli
from tts_engine.script import from_json, read

PROSE = "雨停了。\n“走吧。”老王笑着说。\n“嗯。”\n"


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as left:
            cli.main(["script", *map(str, arguments)])
        return left.value.code, capsys.readouterr()

    return call


def test_prose_from_a_pipe_becomes_a_script(run):
    code, said = run("annotate", "-", "--title", "雨", stdin=PROSE)
    assert code == 0
    script = read(said.out)
    assert script.title == "雨"
    assert [line.role for line in script.lines][:3] == ["旁白", "老王", "旁白"]


def test_evidence_is_written_as_remarks(run):
    _, said = run("annotate", "-", "--evidence", stdin=PROSE)
    assert "// role" in said.out
    assert read(said.out) == read(run("annotate", "-", stdin=PROSE)[1].out)


def test_a_foreign_script_is_converted_both_ways(run, tmp_path):
    source, target = tmp_path / "a.txt", tmp_path / "a.json"
    source.write_text("[Alice: excited] Hello!\n[Bob] Hi", encoding="utf-8")
    code, said = run("convert", source, "--to", "json", "-o", target)
    assert (code, said.out) == (0, "")
    assert "brackets" in said.err
    script = from_json(target.read_text(encoding="utf-8"))
    assert [line.role for line in script.lines] == ["Alice", "Bob"]
    code, said = run("convert", target)
    assert read(said.out) == script


def test_check_names_the_place_and_its_exit_code_is_typed(run):
    code, said = run("check", "-", stdin="小雨：你好 {停=1}")
    assert code == 65
    assert "第 1 行第 8 列" in said.err
    assert "停顿" in said.err


def test_check_warns_and_is_strict_if_asked(run):
    text = "@小雨\n@老王\n小雨：你好"
    code, said = run("check", "-", stdin=text)
    assert code == 0
    assert "老王" in said.err
    assert "小雨" in said.out
    assert run("check", "-", "--strict", stdin=text)[0] == 1


def test_show_says_why(run):
    code, said = run("show", "-", stdin=PROSE)
    assert code == 0
    assert "老王（喜悦" in said.out
    assert "named after" in said.out


def test_the_schema_is_printed(run):
    assert "chapters" in json.loads(run("schema")[1].out)["properties"]


def test_a_missing_file_and_a_full_place_are_one_error(run, tmp_path):
    assert run("show", tmp_path / "no.txt")[0] == 65
    source = tmp_path / "a.txt"
    source.write_text(PROSE, encoding="utf-8")
    assert run("annotate", source, "-o", tmp_path / "no" / "a.txt")[0] == 74
