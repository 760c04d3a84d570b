"""Laws of planning and of the job as programs use it."""

import functools
import itertools
import json
import os
import wave

import pytest
import soundfile

import tiny_engine
from tts_engine.batch import Job, submit
from tts_engine.batch.job import find_job, list_jobs
from tts_engine.batch.journal import FILE
from tts_engine.batch.model import Line
from tts_engine.batch.planning import plan
from tts_engine.batch.pricing import measured_rates, price
from tts_engine.errors import ControlError, JobBusyError, JobError, OutputError, SynthesisError, TextError
from tts_engine.referring import hear_all

LOAD = functools.partial(tiny_engine.make)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Progress is told ten times a second."""
    monkeypatch.setattr("tts_engine.batch.job._LOOK_S", 0.1)


@pytest.fixture
def job_of(tmp_path):
    def make(source, **arguments):
        return submit(source, output=tmp_path / "batches", engine=tiny_engine.make(), **arguments)

    return make


def entries(job):
    return list(job.entries())


def test_the_same_input_is_the_same_job(job_of, tmp_path):
    texts = ["一。", {"text": "二。", "id": "two"}]
    first, again, other = job_of(texts), job_of(texts), job_of(texts, speed=1.1)
    assert first == again and first.spec.id != other.spec.id
    file = tmp_path / "a.txt"
    file.write_text("你好。")
    assert job_of(file) == job_of(str(file)) and job_of(file) != job_of(file, by_line=True)
    assert Job.open(first.folder) == first


def test_options_of_a_line_go_over_those_of_the_job(job_of):
    job = job_of([{"text": "一。", "speed": 1.2}, "二。"], speed=0.8, voice="zm_yunxi")
    one, two = (entry.task.options for entry in entries(job))
    assert one == {"speed": 1.2, "voice": "zm_yunxi"} and two == {"speed": 0.8, "voice": "zm_yunxi"}


def test_an_unknown_voice_in_line_3_of_500_is_that_lines_alone(job_of):
    texts = [{"text": f"第{n}行。", "voice": "nobody" if n == 3 else "zm_yunxi"} for n in range(1, 501)]
    job = job_of(texts)
    counts = job.counts()
    assert counts.states["failed"] == 1 and counts.states["waiting"] == 499
    (failed,) = job.entries("failed")
    assert failed.error["code"] == "voice_unknown" and failed.error["line"] == 3
    assert "第 3 行" in failed.error["message"] and "nobody" in failed.error["message"]


@pytest.mark.parametrize("wrong", [{"emotion": "nothing like it"}, {"speed": 9}, {"ref_audio": "gone.wav"}])
def test_what_the_engine_would_refuse_is_known_before(job_of, wrong):
    job = job_of([{"text": "一。", **wrong}, "二。"])
    assert [entry.state for entry in entries(job)] == ["failed", "waiting"]


def test_a_recording_that_cannot_serve_is_known_before_and_heard_once(tmp_path, monkeypatch):
    from tts_engine.batch import planning

    silent = tmp_path / "silent.wav"
    with wave.open(str(silent), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(16_000)
        file.writeframes(bytes(64_000))
    heard = []
    monkeypatch.setattr(planning, "hear_all", lambda options, cache: heard.append(options) or hear_all(options, cache))
    lines = [Line(n, "一。", options={"ref_audio": str(silent)}) for n in (1, 2, 3)]
    lines.append(Line(4, "[ref:a]二。", options={"references": {"a": str(silent)}}))
    planned = list(plan([*lines, Line(5, "三。")], tiny_engine.make(), {}))
    assert [one.error and one.error["code"] for one in planned] == ["reference_silent"] * 4 + [None]
    assert "第 1 行" in planned[0].error["message"] and "references.a" in planned[3].error["message"]
    assert len(heard) == 3


def test_names_are_given_once(job_of):
    job = job_of([{"text": "一。", "id": "a"}, {"text": "二。", "id": "A"}, {"text": "三。", "id": "b"}])
    assert [entry.state for entry in entries(job)] == ["waiting", "failed", "waiting"]


def test_long_lines_are_cut_and_keep_their_words():
    text = "\n".join("春眠不觉晓，处处闻啼鸟。" * 20 for _ in range(10))
    planned = list(plan([Line(1, text, "long"), Line(2, "短。")], tiny_engine.make(), {}))
    parts = [one.task for one in planned if one.task.line == 1]
    assert len(parts) > 3 and [task.part for task in parts] == list(range(len(parts)))
    assert "".join("".join(task.text.split()) for task in parts) == "".join(text.split())
    assert [one.task.number for one in planned] == list(range(1, len(planned) + 1))
    assert len({one.task.identity for one in planned}) > 1


def test_the_price_is_told_without_rendering():
    lines = [Line(n, "春眠不觉晓。") for n in range(1, 11)] + [Line(11, "坏", options={"voice": "nobody"})]
    found = price(plan(lines, tiny_engine.make(), {}), measured_rates_of(), 2)
    assert (found.lines, found.tasks, found.bad, found.characters) == (11, 10, 1, 60)
    assert found.audio_s == pytest.approx(60 * found.rates.audio_s)
    assert found.work_s == pytest.approx(found.audio_s * found.rates.rtf / 2) and found.errors[0]["line"] == 11


def measured_rates_of():
    from tts_engine.batch.pricing import Rates

    return Rates(0.2, 0.5, True)


def test_wrong_options_and_inputs_leave_no_job(job_of, tmp_path):
    with pytest.raises(ControlError):
        job_of(["一。"], speed=99)
    with pytest.raises(ControlError):
        job_of([{"text": object()}])
    with pytest.raises(TextError):
        job_of([])
    with pytest.raises(TextError):
        job_of("nowhere.txt")
    assert list(list_jobs(tmp_path / "batches")) == []


def test_an_unwritable_folder_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        submit(["一。"], output=tmp_path / "file" / "batches", engine=tiny_engine.make())


def test_jobs_are_found_by_folder_name_id_and_input(job_of, tmp_path):
    file = tmp_path / "novel.txt"
    file.write_text("你好。")
    job, root = job_of(file), tmp_path / "batches"
    other = job_of(["一。"])
    for which in (str(job.folder), str(job.folder / FILE), job.folder.name, "novel", job.spec.id[:10], str(file)):
        assert find_job(which, root) == job
    with pytest.raises(JobError, match=other.folder.name):
        find_job("absent", root)


def test_a_job_runs_and_its_files_are_its_lines(job_of, tmp_path):
    job = job_of([f"第{n}行。" for n in range(1, 13)])
    seen = []
    counts = job.run(processes=2, load=LOAD, on_progress=seen.append)
    assert counts.states["done"] == 12 and counts.renders == 12 and seen[-1].counts.is_over
    assert "12/12" in seen[-1].line()
    files = list(job.files())
    assert len(files) == 12 and all(soundfile.info(file).duration > 0.1 for file in files)
    assert not [file for file in (job.folder / "audio").iterdir() if file.name.startswith(".")]
    rates = measured_rates(tmp_path / "batches")
    assert rates.audio_s > 0 and rates.is_measured == (counts.audio_s > 10)
    again = job.run(processes=2, load=LOAD)
    assert again.renders == 12  # nothing was rendered twice
    files[3].unlink()
    assert job.run(processes=1, load=LOAD).renders == 13 and files[3].is_file()


def test_a_changed_line_costs_that_line(job_of, tmp_path):
    file = tmp_path / "lines.jsonl"
    rows = [f'"第{n}行。"' for n in range(1, 11)]
    file.write_text("\n".join(rows))
    first = job_of(file)
    assert first.run(execute=tiny_engine.in_process).renders == 10
    rows[3] = '"改过的第4行。"'
    file.write_text("\n".join(["", *rows]))  # the numbers of all lines move too
    second = job_of(file)
    counts = second.run(execute=tiny_engine.in_process)
    assert second.folder != first.folder and counts.states["done"] == 10 and counts.renders == 1
    one, two = ({entry.task.text: entry.result.sha256 for entry in job.entries()} for job in (first, second))
    assert {text: one[text] for text in one if text in two} == {text: two[text] for text in two if text in one}
    assert job_of(file, speed=1.1).run(execute=tiny_engine.in_process).renders == 10  # another sound


def test_one_bad_line_fails_alone_and_is_retried_when_asked(job_of):
    job = job_of(["一。", "坏。", "爆。", "二。"])
    counts = job.run(execute=tiny_engine.in_process)
    assert counts.states["done"] == 2 and counts.states["failed"] == 2
    assert {entry.error["code"] for entry in job.entries("failed")} == {"synthesis_failed"}
    assert job.run(execute=tiny_engine.in_process).attempts == counts.attempts
    assert job.retry() == 2 and job.counts().states["waiting"] == 2


def test_workers_are_as_many_as_processors_and_memory_allow(monkeypatch):
    from tts_engine.batch import local

    monkeypatch.setattr(local.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for free, expected in ((100 * local.WORKER_BYTES, 8), (3.5 * local.WORKER_BYTES, 3), (0, 1)):
        monkeypatch.setattr(local, "_free_bytes", lambda free=free: int(free))
        assert local.default_processes() == expected


def test_two_runs_at_once_are_refused(job_of):
    job = job_of(["一。"])
    with job.locked(), pytest.raises(JobBusyError) as caught:
        job.run(execute=tiny_engine.in_process)
    assert caught.value.code == "job_running"
    assert job.run(execute=tiny_engine.in_process).is_over


def test_what_is_cancelled_stays_and_can_be_brought_back(job_of):
    job = job_of(["一。", "二。"])
    assert job.cancel() == 2
    assert job.run(execute=tiny_engine.in_process).states["cancelled"] == 2
    job.retry()
    assert job.run(execute=tiny_engine.in_process).states["done"] == 2


def test_what_the_progress_raises_stops_the_run_and_gives_back(job_of):
    job = job_of([f"第{n}行。" for n in range(40)])

    def stop(progress):
        if progress.counts.attempts:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.run(processes=2, load=functools.partial(tiny_engine.make, 0.2), on_progress=stop)
    counts = job.counts()
    assert counts.states["running"] == 0 and counts.states["done"] + counts.states["waiting"] == 40
    assert job.run(processes=2, load=LOAD).renders == 40


def test_a_lexicon_goes_with_the_job(job_of, tmp_path):
    lexicon = tmp_path / "own.yaml"
    lexicon.write_text("重庆: chong2 qing4\n")
    with_it, without = job_of(["重庆。"], lexicon=lexicon), job_of(["重庆。"])
    assert entries(with_it)[0].task.identity != entries(without)[0].task.identity
    assert (with_it.folder / with_it.spec.lexicon).read_text() == lexicon.read_text()
    lexicon.unlink()
    assert with_it.run(execute=tiny_engine.in_process).states["done"] == 1


def test_results_can_be_used_while_it_runs(job_of):
    job = job_of([f"第{n}行。" for n in range(1, 7)])
    first = []

    def look(progress):
        if not first and progress.counts.states["done"]:
            first.append(soundfile.info(next(job.files())).duration)

    job.run(processes=1, load=functools.partial(tiny_engine.make, 0.2), on_progress=look)
    assert first and first[0] > 0


def test_items_may_come_from_a_generator_of_any_length(job_of):
    job = job_of(f"第{n}行。" for n in itertools.islice(itertools.count(1), 300))
    assert job.counts().total == 300


def test_the_worker_that_dies_over_a_line_costs_that_line_alone(job_of):
    job = job_of(["一。", "二。", "三。"])
    counts = job.run(processes=1, load=functools.partial(dying_engine, "二"))
    assert counts.states["done"] == 2 and counts.states["failed"] == 1
    (failed,) = job.entries("failed")
    assert failed.error["code"] == "worker_died" and failed.attempts == 3


def test_a_worker_that_never_starts_is_one_clear_error(job_of, capfd):
    job = job_of(["一。"])
    with pytest.raises(SynthesisError, match="Workers ended"):
        job.run(processes=1, load=functools.partial(os._exit, 7))
    assert job.counts().states["waiting"] == 1


def test_the_disk_that_fills_up_stops_the_job_with_one_error_and_loses_nothing(job_of, tmp_path):
    full = tmp_path / "full"
    full.touch()
    job = job_of([f"第{n}行。" for n in range(1, 9)])
    with pytest.raises(OutputError, match="磁盘已满"):
        job.run(processes=2, load=functools.partial(filling_engine, str(full), "第5行"))
    counts = job.counts()
    assert counts.states["failed"] == 0 and counts.states["running"] == 0 and counts.states["done"] < 8
    full.unlink()
    assert job.run(processes=2, load=functools.partial(filling_engine, str(full), "第5行")).states["done"] == 8


def dying_engine(word):
    """An engine whose process dies over a word."""
    synthesizer = tiny_engine.make()
    encode = synthesizer._engine.encode

    def deadly(phonemes, style):
        if word in phonemes:
            os._exit(9)
        return encode(phonemes, style)

    synthesizer._engine.encode = deadly
    return synthesizer


def filling_engine(flag, word):
    """An engine that finds the disk full over a word, as long as there is a file."""
    import errno
    from pathlib import Path

    from tts_engine.audio.atomic import output_error

    synthesizer = tiny_engine.make()
    encode = synthesizer._engine.encode

    def full(phonemes, style):
        if word in phonemes and Path(flag).exists():
            raise output_error(Path("x.wav"), OSError(errno.ENOSPC, "no space"))
        return encode(phonemes, style)

    synthesizer._engine.encode = full
    return synthesizer


def test_the_list_of_a_job_is_plain_data(job_of, tmp_path):
    from tts_engine.batch.export import export

    job = job_of([{"text": "一。", "id": "a"}, {"text": "二。", "voice": "nobody"}])
    job.run(execute=tiny_engine.in_process)
    rows = [json.loads(row) for row in export(job, tmp_path / "list.jsonl").read_text().splitlines()]
    assert [(row["id"], row["state"]) for row in rows] == [("a", "done"), ("", "failed")]
    assert (job.folder / rows[0]["file"]).is_file() and rows[1]["error"]["line"] == 2
