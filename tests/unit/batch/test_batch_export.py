"""Laws of export: everything once, in order, under its name, with the pauses and at the times that were asked for."""

import csv
import zipfile

import numpy as np
import pytest
import soundfile

import tiny_engine
from tts_engine.audio.verifying import verify_file
from tts_engine.batch import submit
from tts_engine.batch.export import export
from tts_engine.errors import ControlError, JobError

LONG = "\n".join("春眠不觉晓，处处闻啼鸟。" * 12 for _ in range(6))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished job of two named lines, one of them long, and one without a name."""
    texts = [{"text": "一。", "id": "开头"}, {"text": LONG, "id": "long"}, "三。"]
    job = submit(texts, output=tmp_path_factory.mktemp("jobs"), engine=tiny_engine.make())
    job.run(execute=tiny_engine.in_process)
    return job


def duration(path):
    return soundfile.info(str(path)).duration


def parts_of(job):
    return [(entry.task, entry.result) for entry in job.entries()]


def test_a_folder_holds_one_file_per_line(done, tmp_path):
    folder = export(done, tmp_path / "out")
    assert sorted(file.name for file in folder.iterdir()) == ["000003.wav", "long.wav", "开头.wav"]
    parts = [(task, result) for task, result in parts_of(done) if task.name == "long"]
    whole = sum(result.audio_s for _, result in parts) + sum(task.pause_after_s for task, _ in parts[:-1])
    assert len(parts) > 2 and duration(folder / "long.wav") == pytest.approx(whole, abs=0.01)
    assert verify_file(folder / "long.wav").state == "ours"
    assert export(done, folder) == folder  # once more into the same folder


def test_a_line_that_is_called_like_the_number_of_another_overwrites_nothing(tmp_path):
    job = submit(["一。", {"text": "二。", "id": "000001"}], output=tmp_path / "jobs", engine=tiny_engine.make())
    job.run(execute=tiny_engine.in_process)
    assert sorted(file.name for file in export(job, tmp_path / "out").iterdir()) == ["000001.wav", "000001_.wav"]


def test_an_archive_holds_the_same(done, tmp_path):
    with zipfile.ZipFile(export(done, tmp_path / "out.zip")) as archive:
        assert sorted(archive.namelist()) == ["000003.wav", "long.wav", "开头.wav"] and archive.testzip() is None
    assert [file.name for file in tmp_path.iterdir()] == ["out.zip"]


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_everything_in_one_file(done, tmp_path, kind):
    path = export(done, tmp_path / f"all.{kind}")
    parts = parts_of(done)
    whole = sum(result.audio_s for _, result in parts) + sum(task.pause_after_s for task, _ in parts[:-1])
    assert duration(path) == pytest.approx(whole, abs=0.08)


def test_subtitles_fit_the_one_file(done, tmp_path):
    text = export(done, tmp_path / "all.srt").read_text()
    last = [line for line in text.splitlines() if "-->" in line][-1].split(" --> ")[1]
    hours, minutes, seconds = last.replace(",", ".").split(":")
    end_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    assert end_s == pytest.approx(duration(export(done, tmp_path / "all.wav")), abs=0.1)


def test_the_list_says_what_became_of_each(done, tmp_path):
    with export(done, tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["state"] for row in rows} == {"done"} and rows[0]["id"] == "开头"
    assert all((done.folder / row["file"]).is_file() for row in rows)


def test_what_is_not_done_must_be_left_out_on_purpose(tmp_path):
    job = submit(["一。", {"text": "二。", "voice": "nobody"}], output=tmp_path, engine=tiny_engine.make())
    job.run(execute=tiny_engine.in_process)
    with pytest.raises(JobError) as caught:
        export(job, tmp_path / "all.wav")
    assert caught.value.code == "job_incomplete" and not (tmp_path / "all.wav").exists()
    assert duration(export(job, tmp_path / "all.wav", is_partial=True)) > 0.1


def test_an_unknown_form_is_one_clear_error(done, tmp_path):
    with pytest.raises(ControlError, match="mp3"):
        export(done, tmp_path / "all.docx")


def test_cues_are_heard_at_their_times(tmp_path):
    cues = "1\n00:00:01,000 --> 00:00:03,000\n你好\n\n2\n00:00:05,500 --> 00:00:07,000\n再见\n"
    (tmp_path / "a.srt").write_text(cues)
    job = submit(tmp_path / "a.srt", output=tmp_path / "jobs", engine=tiny_engine.make())
    job.run(execute=tiny_engine.in_process)
    samples, rate = soundfile.read(export(job, tmp_path / "all.wav"))
    heard = np.flatnonzero(np.abs(samples) > 0.01) / rate
    gaps = np.flatnonzero(np.diff(heard) > 0.5)
    assert heard[0] == pytest.approx(1.0, abs=0.1)
    assert len(gaps) == 1 and heard[gaps[0] + 1] == pytest.approx(5.5, abs=0.1)
