"""Batch jobs inside the server: rendered behind others, stopped, continued, taken away."""

import json
import time
import zipfile

import pytest
from fake_synthesizer import FakeSynthesizer

from tts_engine.batch.job import BATCHES, Job
from tts_engine.errors import ControlError, JobError
from tts_engine.service.batches import Batches
from tts_engine.service.desk import Caller, Desk
from tts_engine.service.engine import EngineHolder
from tts_engine.service.page.batch_tab import list_html
from tts_engine.settings import Settings


@pytest.fixture
def made(tmp_path):
    """Jobs over a synthesizer without a model, and that synthesizer."""
    engine = FakeSynthesizer(0.01)
    settings = Settings(outputs=tmp_path / "outputs", slots=1)
    batches = Batches(settings, EngineHolder(lambda _progress: engine), Desk(settings))
    batches.fake = engine
    yield batches
    batches.close()
    wait(lambda: not batches._stops)


def wait(met, seconds=20.0):
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def lines(tmp_path, *rows):
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def standing(batches):
    (only,) = batches.jobs()
    return only


def test_a_file_becomes_a_job_that_is_rendered_and_can_be_taken_away(made, tmp_path):
    name = made.submit(lines(tmp_path, {"text": "一。", "id": "a"}, {"text": "二。"}), {"speed": 1.2})
    wait(lambda: not standing(made).is_active)
    assert standing(made).counts.states["done"] == 2
    assert made.fake.calls[0][1].speed == 1.2
    path = made.export(name, "zip", tmp_path / "out")
    assert sorted(zipfile.ZipFile(path).namelist()) == ["000002.wav", "a.wav"]
    shown = list_html(made.jobs())
    assert f"studio/batches/{name}/{name}.zip" in shown and "data-do" not in shown


def test_what_is_wrong_with_a_line_stays_with_it(made, tmp_path):
    rows = [{"text": "一。"}, {"text": "二。", "voice": "nobody"}, {"text": "三。", "ref_audio": "lines.jsonl"}]
    made.submit(lines(tmp_path, *rows), {})
    wait(lambda: not standing(made).is_active)
    assert (standing(made).counts.states["done"], standing(made).counts.states["failed"]) == (1, 2)
    codes = [entry.error["code"] for entry in standing(made).job.entries("failed")]
    assert codes == ["voice_unknown", "path_forbidden"]  # a browser names no file of the server
    shown = list_html(made.jobs())
    assert "nobody" in shown and 'data-do="retry"' in shown


def test_a_job_rests_and_goes_on_without_rendering_twice(made, tmp_path):
    made.fake.sentence_s = 0.05
    name = made.submit(lines(tmp_path, *({"text": f"第{n}。"} for n in range(20))), {})
    wait(lambda: standing(made).counts.states["done"] >= 2)
    assert 'data-do="stop"' in list_html(made.jobs())
    made.stop(name)
    wait(lambda: not standing(made).is_active)
    rested = standing(made)
    assert 2 <= rested.counts.states["done"] < 20 and not rested.counts.states["failed"] and rested.error is None
    assert 'data-do="start"' in list_html(made.jobs())
    made.fake.sentence_s = 0.0
    made.start(name)
    made.start(name)  # twice is once
    wait(lambda: not standing(made).is_active)
    assert standing(made).counts.states["done"] == 20 == standing(made).counts.renders


def test_whoever_waits_for_an_answer_comes_first(made, tmp_path):
    made.fake.sentence_s = 0.05
    made.submit(lines(tmp_path, {"text": "好。" * 40}), {})
    wait(lambda: made.fake.rendered)
    with made._desk.visit(Caller("somebody"), characters=2) as visit:
        began = len(made.fake.rendered)
        with visit.turn(2):
            assert len(made.fake.rendered) <= began + 1


def test_a_server_that_goes_down_gives_back_what_it_has(made, tmp_path):
    made.fake.sentence_s = 0.05
    made.submit(lines(tmp_path, *({"text": f"第{n}。"} for n in range(20))), {})
    wait(lambda: standing(made).counts.states["done"] >= 1)
    made._desk.scheduler.drain()
    wait(lambda: not standing(made).is_active)
    counts = standing(made).counts
    assert counts.states["waiting"] == 20 - counts.states["done"] > 0


def test_cancelled_is_not_gone_on_with_but_can_be_retried(made, tmp_path):
    made.fake.sentence_s = 0.05
    name = made.submit(lines(tmp_path, *({"text": f"第{n}。"} for n in range(20))), {})
    wait(lambda: standing(made).counts.states["done"] >= 1)
    made.cancel(name)
    wait(lambda: not standing(made).is_active)
    assert standing(made).counts.is_over and standing(made).counts.states["cancelled"] > 0
    made.fake.sentence_s = 0.0
    made.retry(name)
    wait(lambda: standing(made).counts.states["done"] == 20)


def test_a_job_of_another_engine_says_so_at_once(made, tmp_path):
    name = made.submit(lines(tmp_path, {"text": "一。"}), {})
    wait(lambda: not standing(made).is_active)
    job = Job.open(tmp_path / "outputs" / BATCHES / name)
    next(job.files()).unlink()  # so that there is something to do again
    made.fake.identity = "tone generator 2"
    made.start(name)
    wait(lambda: not standing(made).is_active)
    assert standing(made).error.code == "engine_changed" and standing(made).counts.states["failed"] == 0
    assert "另一个引擎" in list_html(made.jobs())


@pytest.mark.parametrize("name", ["nothing", "../outputs", "/etc"])
def test_jobs_and_forms_that_do_not_exist(made, tmp_path, name):
    with pytest.raises(JobError):
        made.start(name)
    with pytest.raises(ControlError):
        made.export(name, "exe", tmp_path)
