"""``tts-engine batch`` says what there is to say and ends with the exit code for it; no model, no worker."""

import json

import pytest

import tiny_engine
from tts_engine.batch import submit
from tts_engine.cli import main


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs the command line over the tiny engine: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tts_engine.batch.engine.facts_of", lambda settings, on_fetch=None: tiny_engine.make())

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["batch", *map(str, arguments)])
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return run


def test_a_dry_run_counts_and_renders_nothing(command, tmp_path):
    (tmp_path / "a.jsonl").write_text('"春眠不觉晓。"\n"处处闻啼鸟。"\n')
    code, out, _ = command("run", "a.jsonl", "--dry-run", "--json")
    facts = json.loads(out)
    assert code == 0 and (facts["lines"], facts["characters"], facts["bad"]) == (2, 12, 0) and facts["audio_s"] > 0
    assert command("run", "a.jsonl", "--dry-run")[1].count("0:00:0") == 2
    assert not (tmp_path / "outputs").exists()


def test_bad_lines_are_told_and_with_strict_nothing_begins(command, tmp_path):
    (tmp_path / "a.jsonl").write_text('"好。"\n{"text": "好。", "voice": "nobody"}\n{"txt": "好。"}\n')
    code, _, err = command("run", "a.jsonl", "--dry-run")
    assert code == 65 and "第 2 行" in err and "第 3 行" in err and "text" in err
    code, _, err = command("run", "a.jsonl", "--strict")
    assert code == 65 and "lines_invalid" in err and not (tmp_path / "outputs").exists()


def test_a_wrong_option_and_a_wrong_input_end_at_once(command, tmp_path):
    (tmp_path / "a.jsonl").write_text('"好。"\n')
    assert command("run", "a.jsonl", "--speed", "99")[0] == 64
    code, _, err = command("run", "nowhere.jsonl")
    assert code == 65 and "nowhere.jsonl" in err
    (tmp_path / "a.docx").write_text("好。")
    assert command("run", "a.docx")[0] == 64


def test_status_cancel_and_export_without_a_run(command, tmp_path):
    assert "没有任务" in command("status")[2]
    job = submit(["一。", "二。"], output=tmp_path / "outputs" / "batches", engine=tiny_engine.make())
    assert "waiting 2" in command("status")[1]
    code, _, err = command("status", "absent")
    assert code == 65 and "job_unknown" in err and job.folder.name in err
    assert command("cancel", job.folder.name)[0] == 0
    facts = json.loads(command("status", job.folder, "--json")[1])
    assert facts["states"]["cancelled"] == 2 and facts["id"] == job.spec.id
    code, _, err = command("export", job.folder, "-o", "all.wav")
    assert code == 65 and "job_incomplete" in err
    assert command("export", job.folder, "-o", "list.jsonl")[0] == 0
    assert len((tmp_path / "list.jsonl").read_text().splitlines()) == 2
