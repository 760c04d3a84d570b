"""``tts-engine write`` and ``stats``: files, streams, replays, sums and pictures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from tts_engine import cli
from tts_engine.ledger import Ledger, Rendering
from tts_engine.script import from_json, read

SUMMARY = "一条渡船在河上走了四十年，今天是最后一班。"
STORY = "天刚亮，渡口就有人了。\n\n林小雨喊：“船家，等一等！”\n老周问：“姑娘，这么早去哪儿？”"


@pytest.fixture
def run(server, tmp_path, monkeypatch, capsys):
    """Runs a command in a folder of its own; exit code, stdout, stderr."""
    for name, value in {
        "TTS_LLM_BASE_URL": server.base_url, "TTS_LLM_MODEL": "write-good", "TTS_LLM_API_KEY": "sk-secret-key",
        "TTS_OUTPUTS": str(tmp_path / "outputs"), "TTS_DATA": str(tmp_path / "data"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sum.txt").write_text(SUMMARY, encoding="utf-8")
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            cli.main([str(one) for one in arguments])
        told = capsys.readouterr()
        assert "secret" not in told.out + told.err
        return left.value.code, told.out, told.err

    return call


def test_a_script_comes_as_text_as_json_and_line_by_line(run, tmp_path):
    code, out, _ = run("write", "annotate", "story.txt")
    assert code == 0
    assert run("write", "annotate", "story.txt", "-o", "a.json")[0] == 0
    script = from_json((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [line.text for line in read(out).lines] == [line.text for line in script.lines]
    code, out, told = run("write", "annotate", "story.txt", "--stream")
    assert [json.loads(line)["text"] for line in out.splitlines()] == [line.text for line in script.lines]
    assert "1 次用已有回答" in told


def test_a_recording_is_replayed_without_settings(run, monkeypatch):
    assert run("write", "expand", "sum.txt", "--length", 200, "--cache", "kept", "-o", "a.txt")[0] == 0
    for name in ("BASE_URL", "MODEL", "API_KEY"):
        monkeypatch.delenv(f"TTS_LLM_{name}")
    assert run("write", "expand", "sum.txt", "--length", 200, "--replay", "kept", "-o", "b.txt")[0] == 0
    code, _, told = run("write", "expand", "sum.txt", "--length", 300, "--replay", "kept")
    assert code == 69 and "language_model_not_recorded" in told
    code, _, told = run("write", "expand", "sum.txt")
    assert code == 64 and "TTS_LLM_BASE_URL" in told


def test_at_the_ceiling_what_is_finished_is_saved(run, tmp_path):
    code, _, told = run("write", "expand", "sum.txt", "--length", 3000, "--token-limit", 5500, "-o", "part.txt")
    assert code == 69 and "language_model_ceiling" in told and "没有写完" in told
    assert 100 < sum(len(line.text) for line in read((tmp_path / "part.txt").read_text(encoding="utf-8")).lines) < 2500
    code, _, told = run("write", "expand", "sum.txt", "--budget", 1)
    assert code == 78 and "价格" in told
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "prices.json").write_text('{"write-good": {"input": 2, "output": 8}}')
    code, _, told = run("write", "expand", "sum.txt", "--budget", 0.001)
    assert code == 69 and "CNY" in told
    assert run("write", "expand", "sum.txt", "--length", 200, "--budget", 1)[0] == 0


def test_roles_go_on_from_a_script(run, tmp_path, server):
    assert run("write", "dramatise", "story.txt", "-o", "one.txt")[0] == 0
    (tmp_path / "two.txt").write_text(STORY + "又过了一天。", encoding="utf-8")
    assert run("write", "dramatise", "two.txt", "--cast", "one.txt", "-o", "two.json")[0] == 0
    assert "小雨" in from_json((tmp_path / "two.json").read_text(encoding="utf-8")).roles["林小雨"].aliases


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("podcast", "sum.txt", "--hosts", "甲"), 64),
        (("expand", "sum.txt", "--length", 300, "--minutes", 2), 64),
        (("expand", "none.txt"), 65),
        (("adapt", "sum.txt", "--prompts", "none"), 78),
        (("adapt", "sum.txt", "--no-cache", "--replay", "x"), 64),
    ],
)
def test_what_cannot_be_is_one_message(run, arguments, code):
    found, out, told = run("write", *arguments)
    assert (found, out) == (code, "") and told.count("错误 error") == 1


def test_prompts_are_written_once(run, tmp_path):
    assert len(run("write", "prompts", "mine")[1].splitlines()) == 8
    assert run("write", "prompts", "mine")[1] == ""
    (tmp_path / "mine" / "adapt.txt").write_text("没有占位符")
    assert run("write", "adapt", "story.txt", "--prompts", "mine")[0] == 78


def test_stats_add_up_and_are_drawn(run, tmp_path):
    code, out, told = run("stats")
    assert (code, out) == (0, "") and "空" in told
    assert run("write", "expand", "sum.txt", "--length", 400, "-o", "long.txt", "--programme", "渡船")[0] == 0
    ledger = Ledger(tmp_path / "outputs")
    ledger.record(Rendering(programme="渡船", characters=400, audio_s=100.0, rendered_s=100.0, render_s=50.0))
    ledger.record(
        Rendering(programme="<摘要>", style="summary", characters=20, audio_s=6.0, rendered_s=6.0, render_s=3.0)
    )
    code, out, told = run("stats", "--plot", "stats.svg")
    assert code == 0 and "渡船" in out and "write-good" in told
    rows = json.loads(run("stats", "--json")[1])
    assert [one["name"] for one in rows["programmes"]] == ["渡船", "<摘要>"]
    assert rows["total"]["tokens"] == sum(one["tokens"] for one in rows["programmes"]) > 0
    narration = next(one for one in rows["styles"] if one["name"] == "narration")
    assert narration["tokens_per_minute"] == pytest.approx(narration["tokens"] / (100 / 60))
    assert narration["growth"] == pytest.approx(narration["characters_out"] / len(SUMMARY))
    picture = ET.parse(tmp_path / "stats.svg").getroot()
    words = "".join(picture.itertext())
    assert "narration (1)" in words and "<摘要>" in words and f"{narration['tokens_per_minute']:,.0f}" in words
    assert run("stats", "--plot", "stats.png")[0] == 64
    assert [one["name"] for one in json.loads(run("stats", "--programme", "渡船", "--json")[1])["programmes"]] == [
        "渡船"
    ]
    code, _, told = run("stats", "--programme", "渡")
    assert code == 66 and "渡船" in told


def test_what_is_written_and_what_is_produced_meet_in_the_ledger(run, tmp_path):
    """A production is recorded under the title of its script; so is the writing, wherever the title comes from."""
    for arguments in (
        ("annotate", "story.txt", "-o", "one.json"),  # from the file
        ("expand", "sum.txt", "--length", 3000, "-o", "two.json"),  # from the plan
        ("expand", "sum.txt", "--length", 200, "--title", "三", "-o", "x.json"),
        ("expand", "sum.txt", "--length", 200, "--programme", "四", "-o", "y.json"),
    ):
        assert run("write", *arguments)[0] == 0
    titles = [
        from_json((tmp_path / f"{name}.json").read_text(encoding="utf-8")).title for name in ("one", "two", "x", "y")
    ]
    assert titles == ["one", "渡船", "三", "四"]
    lines = Ledger(tmp_path / "outputs").writings()
    assert list(dict.fromkeys(line.programme for line in lines)) == titles
    assert sum(line.requests for line in lines if line.programme == "渡船") >= 4  # the plan too


def test_an_empty_ledger_can_be_drawn(run, tmp_path):
    assert run("stats", "--plot", "empty.svg")[0] == 0
    assert "还没有数据" in "".join(ET.parse(tmp_path / "empty.svg").getroot().itertext())
