"""Jobs through a real Redis and real Celery workers that are killed, with an engine without weights."""

import contextlib
import dataclasses
import hashlib
import os
import random
import shutil
import sys
import threading
import time

import pytest

pytestmark = pytest.mark.e2e

celery = pytest.importorskip("celery", reason="the extra [queue] is not installed")
pytest.importorskip("redis", reason="the extra [queue] is not installed")
if shutil.which("redis-server") is None:
    pytest.skip(
        "redis-server is not here: apt install redis-server; TTS_TEST_APT=1 lets run_tests.sh do it",
        allow_module_level=True,
    )

from queue_parts import RedisServer, Worker, render_count  # noqa: E402
from server_process import wait_until  # noqa: E402

import tiny_engine  # noqa: E402
from jobs import SPEC, make_task  # noqa: E402
from tts_engine.batch.journal import FILE, Journal, Planned  # noqa: E402
from tts_engine.batch.queue import dispatch  # noqa: E402
from tts_engine.batch.queue.application import make_app  # noqa: E402
from tts_engine.batch.queue.watching import look  # noqa: E402
from tts_engine.batch.rendering import find_result, render_task  # noqa: E402
from tts_engine.errors import BrokerError, JobError  # noqa: E402
from tts_engine.settings import Settings  # noqa: E402

#: Of the long test; the figures in docs/nodes.md are of TTS_TEST_KILLS=33 TTS_TEST_LINES=200.
KILLS = int(os.environ.get("TTS_TEST_KILLS", "3"))
LINES = int(os.environ.get("TTS_TEST_LINES", "60"))
RANDOM = random.Random(int(os.environ.get("TTS_TEST_SEED", "8")))


@pytest.fixture(scope="module")
def shared_redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.close()


@pytest.fixture
def broker(shared_redis):
    """An empty Redis."""
    shared_redis.client.flushall()
    return shared_redis


@pytest.fixture
def start(tmp_path, broker):
    """Starts workers that are ended with the test."""
    started = []

    def start_one(**options):
        options.setdefault("url", broker.url)
        started.append(Worker(tmp_path / "worker", **options))
        return started[-1]

    yield start_one
    for worker in started:
        if worker.process.poll() is None:
            worker.close()
        elif not worker.log.closed:
            worker.log.close()


@pytest.fixture
def settings(broker):
    return Settings(broker_url=broker.url, visibility_timeout_s=4)


@pytest.fixture
def new_job(tmp_path):
    opened = []

    def make(tasks, name="job"):
        tasks = (
            [make_task(number, text) for number, text in enumerate(tasks, 1)] if isinstance(tasks[0], str) else tasks
        )
        spec = dataclasses.replace(SPEC, id=hashlib.sha256(name.encode()).hexdigest())
        opened.append(Journal.create(tmp_path / name / FILE, spec, [Planned(task) for task in tasks]))
        return opened[-1]

    yield make
    for journal in opened:
        journal.close()


class Run:
    """``run_queue`` in a thread."""

    def __init__(self, journal, settings, **options):
        self.said, self.error, self._stop = [], None, threading.Event()
        self._thread = threading.Thread(target=self._go, args=(journal, settings, options))
        self._thread.start()

    def _go(self, journal, settings, options):
        try:
            dispatch.run_queue(journal, settings, say=self.said.append, on_look=self._look, **options)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error

    def _look(self):
        if self._stop.is_set():
            raise KeyboardInterrupt

    @property
    def is_over(self):
        return not self._thread.is_alive()

    def wait(self, timeout_s=120):
        self._thread.join(timeout_s)
        assert self.is_over
        return self

    def stop(self):
        self._stop.set()
        return self.wait()


def lines_of(count):
    return [f"第{number}行，说了一句。" + "再说一句。" * (number % 4) for number in range(1, count + 1)]


def undisturbed(folder, tasks):
    """SHA-256 of every file of a run in which nothing happens."""
    engine = tiny_engine.make()
    return {task.number: render_task(task, engine, folder).sha256 for task in tasks}


def is_whole(journal, expected):
    """Every line is there exactly once, whole, and what it should be; nothing else lies there."""
    entries = list(journal.entries())
    assert [entry.state for entry in entries] == ["done"] * len(expected)
    assert {entry.task.number: entry.result.sha256 for entry in entries} == expected
    assert all(find_result(entry.task, journal.folder) is not None for entry in entries)
    files = [file for file in (journal.folder / "audio").iterdir() if file.suffix == ".wav"]
    assert len(files) == len(expected)


def test_whatever_is_killed_every_line_is_there_once(broker, start, new_job, settings, tmp_path):
    """kill -9 of worker and Redis at random moments, twice as often the worker."""
    tasks = [make_task(number, text) for number, text in enumerate(lines_of(LINES), 1)]
    expected = undisturbed(tmp_path / "alone", tasks)
    journal = new_job(tasks)
    work_s = 0.03  # so that there is something left to kill
    worker = start(sentence_s=work_s).wait_until_ready()
    run = Run(journal, settings)
    killed = {"worker": 0, "redis": 0}
    for number in range(KILLS):
        begun = render_count(worker)
        wait_until(lambda begun=begun, worker=worker: run.is_over or render_count(worker) > begun, 40)
        time.sleep(RANDOM.uniform(0.0, 0.5))
        if run.is_over:
            break
        if number % 3 == 2:
            broker.kill()
            killed["redis"] += 1
            time.sleep(RANDOM.uniform(0.0, 1.0))
            broker.start()
        else:
            worker.kill()
            killed["worker"] += 1
            worker = start(sentence_s=work_s)
    run.wait(int(os.environ.get("TTS_TEST_WAIT_S", "120")))
    assert run.error is None, run.error
    is_whole(journal, expected)
    sys.stdout.write(f"killed {killed}, rendered {render_count(worker)} times, {len(run.said)} lines said\n")
    assert sum(killed.values()) == KILLS
    # what was in hand when something was killed is made again, nothing else
    assert LINES <= render_count(worker) <= LINES + KILLS
    assert len(run.said) <= 2 * killed["redis"] + 2


def test_a_task_that_comes_again_finds_its_file(broker, start, new_job, settings):
    """The same message twice, and after that a second run of a job whose journal was lost."""
    journal = new_job(["同样的一行。"])
    worker = start().wait_until_ready()
    app = make_app(settings, has_results=False)
    sent = []
    send_task = app.send_task
    sender = dispatch.Sender(journal, settings)
    sender._app.send_task = lambda *given, **named: sent.append((given, named)) or send_task(*given, **named)
    wait_until(lambda: not sender.step(), 30)
    ((given, named),) = sent
    key = f"celery-task-meta-{named['task_id']}"
    broker.client.delete(key)
    send_task(*given, **named)
    wait_until(lambda: b'"is_rendered": false' in (broker.client.get(key) or b""), 20)
    sender.close()
    app.close()
    journal.close()
    (journal.folder / FILE).unlink()
    again = new_job(["同样的一行。"])
    Run(again, settings).wait()
    assert again.counts().states["done"] == 1 and again.counts().renders == 0
    assert render_count(worker) == 1


def test_a_sender_that_stopped_is_gone_on_with(start, new_job, settings):
    """What was on its way is taken back, what a worker finished all the same is found."""
    journal = new_job(lines_of(40))
    worker = start(sentence_s=0.03).wait_until_ready()
    first = Run(journal, settings)
    wait_until(lambda: journal.counts().states["done"] > 3, 30)
    first.stop()
    assert isinstance(first.error, KeyboardInterrupt)
    assert journal.counts().states["waiting"] > 0 and journal.counts().states["running"] == 0
    Run(journal, settings).wait()
    assert journal.counts().states["done"] == 40
    assert render_count(worker) == 40


def test_a_visibility_timeout_shorter_than_a_task_renders_once(start, new_job, settings):
    """After 2 s Redis gives the 6 s task to the other worker, which leaves it alone."""
    journal = new_job(["一。二。三。四。五。六。"])
    impatient = {"sentence_s": 1.0, "TTS_VISIBILITY_TIMEOUT_S": "2"}
    workers = [start(**impatient).wait_until_ready(), start(**impatient).wait_until_ready()]
    Run(journal, dataclasses.replace(settings, visibility_timeout_s=2)).wait()
    assert journal.counts().states["done"] == 1
    assert sum(worker.said().count(" received") for worker in workers) >= 2
    assert render_count(workers[0]) == 1


def test_redis_that_is_away_costs_one_line_and_no_work(broker, start, new_job, settings, monkeypatch):
    journal = new_job(lines_of(40))
    broker.kill()
    worker = start(sentence_s=0.05)
    run = Run(journal, settings)
    wait_until(lambda: run.said and "Redis" in worker.said(), 20)
    time.sleep(2)
    assert len(run.said) == 1 and "redis-server" in run.said[0]
    assert worker.said().count("cannot be used") == 1 and "Traceback" not in worker.said()
    broker.start()
    wait_until(lambda: journal.counts().states["done"] > 5, 30)
    broker.kill()
    time.sleep(2)
    broker.start()
    run.wait()
    assert run.error is None and journal.counts().states["done"] == 40
    assert len(run.said) == 4  # away and back, twice
    assert worker.said().count("Connection to broker lost") <= 1
    assert "Traceback" not in worker.said()


def test_a_sender_gives_up_on_a_redis_that_never_was(new_job, tmp_path, monkeypatch):
    monkeypatch.setattr(dispatch, "PATIENCE_S", 0.5)
    monkeypatch.setattr(dispatch, "_WAIT_S", 0.3)
    journal = new_job(["一行。"])
    run = Run(journal, Settings(broker_url="redis://user:secret@127.0.0.1:1/0")).wait()
    assert isinstance(run.error, BrokerError)
    assert "secret" not in run.error.message + "".join(run.said)
    assert journal.counts().states["waiting"] == 1


def test_redis_that_goes_between_a_look_and_a_letter_costs_no_task(broker, new_job, settings, monkeypatch):
    journal = new_job(lines_of(5))
    sender = dispatch.Sender(journal, settings)
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "run_of", lambda _client: "x")
        sender._way.run = "x"
        broker.kill()
        began_s = time.monotonic()
        patched.setattr(sender._marks, "end", lambda _identity: None)
        with pytest.raises(BrokerError):
            sender.step()
        assert time.monotonic() - began_s < 10
        broker.start()
        time.sleep(1.1)
        assert sender.step()
    assert look(settings)["waiting"]["normal"] == 5
    sender.stop()
    assert journal.counts().states["waiting"] == 5
    sender.close()


def test_what_cannot_pass_fails_at_once_and_what_can_is_tried_again(broker, start, new_job, settings, tmp_path):
    journal = new_job(["好。", "坏。", "磁盘。"])
    worker = start(TTS_TEST_RETRY_S="0.2").wait_until_ready()
    blocked = journal.folder / journal_task(journal, 3).file
    blocked.mkdir(parents=True)  # a folder where the file should be: may pass, when somebody removes it
    run = Run(journal, settings)
    wait_until(lambda: worker.said().count("is tried again") == 1, 30)
    blocked.rmdir()
    run.wait()
    assert run.error is None
    states = {entry.task.number: entry.state for entry in journal.entries()}
    assert states == {1: "done", 2: "failed", 3: "done"}
    (failed,) = journal.entries("failed")
    assert failed.error["code"] == "synthesis_failed"
    (letter,) = look(settings)["dead"]
    assert (letter["line"], letter["error"]["code"]) == (2, "synthesis_failed") and "坏" not in str(letter)
    said = worker.said()
    assert "坏。" not in said and "好。" not in said  # no text in the log


def journal_task(journal, number):
    return next(entry.task for entry in journal.entries() if entry.task.number == number)


def test_high_priority_passes_a_queue_that_is_full(broker, start, new_job, settings):
    slow, quick = new_job(lines_of(20), "slow"), new_job(["急。"] * 1, "quick")
    patient = Run(slow, settings, priority="low")
    wait_until(lambda: look(settings)["waiting"]["low"] == 20, 20)
    urgent = Run(quick, settings, priority="high")
    wait_until(lambda: look(settings)["waiting"]["high"] == 1, 20)
    start(sentence_s=0.05)
    urgent.wait()
    assert slow.counts().states["done"] < 15
    patient.wait()
    assert slow.counts().states["done"] == 20


def test_a_cancelled_job_stops_in_the_middle_of_a_line(broker, start, new_job, settings):
    journal = new_job(["一句。" * 60, *lines_of(20)])
    worker = start(sentence_s=0.3).wait_until_ready()
    run = Run(journal, settings)
    wait_until(lambda: "received" in worker.said(), 20)
    time.sleep(1)
    journal.cancel()
    run.wait(20)
    assert run.error is None and journal.counts().states["cancelled"] == 21
    wait_until(lambda: look(settings)["in_hand"] == 0, 15)
    assert render_count(worker) == 0
    assert not list(journal.folder.glob("audio/*.wav"))
    journal.retry()
    other = new_job(["下一个。"], "other")
    Run(other, settings).wait()
    assert other.counts().states["done"] == 1


def test_events_are_those_that_flower_reads(broker, start, new_job, settings):
    journal = new_job(lines_of(3))
    start().wait_until_ready()
    seen, app = [], make_app(settings)

    def watch():
        with app.connection_for_read() as connection:
            receiver = app.events.Receiver(connection)

            def note(event):
                seen.append(event)
                kinds = [one["type"] for one in seen]
                receiver.should_stop = kinds.count("task-succeeded") == 3 and "worker-heartbeat" in kinds

            receiver.handlers["*"] = note
            with contextlib.suppress(TimeoutError):
                receiver.capture(limit=None, timeout=20, wakeup=True)

    watching = threading.Thread(target=watch)
    watching.start()
    time.sleep(1)
    Run(journal, settings).wait()
    watching.join(30)
    app.close()
    kinds = {event["type"] for event in seen}
    assert {"task-sent", "task-received", "task-started", "task-succeeded", "worker-heartbeat"} <= kinds
    received = [event for event in seen if event["type"] == "task-received"]
    assert len(received) == 3 and all("第" not in str(event) for event in seen)


def test_a_worker_that_is_asked_to_go_finishes_what_it_has(broker, start, new_job, settings):
    journal = new_job(["一。二。三。四。五。六。", *lines_of(5)])
    worker = start(sentence_s=0.4).wait_until_ready()
    run = Run(journal, settings)
    wait_until(lambda: "received" in worker.said(), 20)
    time.sleep(0.5)
    assert worker.stop() == 0
    assert render_count(worker) >= 1
    start(sentence_s=0.02)
    run.wait()
    assert journal.counts().states["done"] == 6
    assert render_count(worker) == 6


def test_processes_are_replaced_and_a_line_that_kills_them_is_given_up(broker, start, new_job, settings):
    """A child that dies gives its task back at once; one that kills each child is a dead letter in the end."""
    journal = new_job(["好的。", "死亡。", "也好。"])
    worker = start(TTS_TEST_KILLER="死").wait_until_ready()
    Run(journal, settings).wait(90)
    states = {entry.task.number: entry.state for entry in journal.entries()}
    assert states == {1: "done", 2: "failed", 3: "done"}
    (failed,) = journal.entries("failed")
    assert failed.error["code"] == "worker_died"
    assert render_count(worker) == 2


@pytest.mark.parametrize("kind", ["folder", "local://"])
def test_results_come_through_a_storage_that_is_not_the_jobs_folder(kind, start, new_job, settings, tmp_path):
    root = tmp_path / "bucket"
    storage = str(root) if kind == "folder" else f"{kind}{root}"
    worker = start(TTS_STORAGE=storage)
    journal = new_job(lines_of(4))
    Run(journal, dataclasses.replace(settings, storage=storage)).wait()
    is_whole(journal, undisturbed(tmp_path / "alone", [entry.task for entry in journal.entries()]))
    assert len(list(root.glob("*/audio/*.wav"))) == 4
    assert render_count(worker) == 4


def test_workers_elsewhere_without_a_storage_are_told(start, new_job, settings, tmp_path):
    """A worker that writes to a storage of its own while the sender looks in the job's folder."""
    start(TTS_STORAGE=str(tmp_path / "elsewhere")).wait_until_ready()
    (tmp_path / "elsewhere" / SPEC.id[:16]).mkdir(parents=True)
    journal = new_job(lines_of(2))
    run = Run(journal, settings).wait(60)
    assert isinstance(run.error, JobError) and run.error.code == "storage_not_shared"
    assert "TTS_STORAGE" in run.error.message
    assert journal.counts().states["waiting"] == 2
