"""What the queue does without a queue: orders, storages, notes, settings, errors in words."""

import contextlib
import dataclasses
import json
import threading
from pathlib import Path

import pytest

import tiny_engine
from jobs import make_task
from tts_engine.batch.queue import broker
from tts_engine.batch.queue.marks import MOST_DELIVERIES, Marks
from tts_engine.batch.queue.orders import Order, error_of, failure_of, order_from, unexplained
from tts_engine.batch.queue.recordings import localised, shared
from tts_engine.batch.queue.storage import FolderStorage, RemoteStorage, storage_of
from tts_engine.batch.queue.task import Cancelled, InHand, perform
from tts_engine.batch.rendering import find_result, render_task
from tts_engine.errors import BrokerError, ConfigError, ControlError, FeatureMissingError, JobError, SynthesisError
from tts_engine.settings import Settings

pytest.importorskip("celery", reason="the extra [queue] is not installed")
fsspec = pytest.importorskip("fsspec", reason="the extra [queue] is not installed")

URL = "redis://:secret@queue.example:6379/0"


class Notes:
    """Notes in memory."""

    def __init__(self):
        self.held, self.begun, self.cancelled, self.looks = set(), {}, set(), 0

    @contextlib.contextmanager
    def claim(self, identity):
        if identity in self.held:
            yield False
            return
        self.held.add(identity)
        try:
            yield True
        finally:
            self.held.discard(identity)

    def begin(self, identity):
        self.begun[identity] = self.begun.get(identity, 0) + 1
        return self.begun[identity]

    def end(self, identity):
        self.begun.pop(identity, None)

    def is_cancelled(self, job):
        self.looks += 1
        return job in self.cancelled


@pytest.fixture
def order(tmp_path):
    return Order(make_task(), "job", str(tmp_path / "job"))


@pytest.fixture
def storage(tmp_path):
    return FolderStorage(tmp_path / "job")


@pytest.fixture
def bucket():
    """A bucket in memory, empty again afterwards."""
    files = fsspec.filesystem("memory")
    storage = RemoteStorage("memory://bucket/job")
    yield storage
    storage.close()
    if files.exists("/bucket"):
        files.rm("/bucket", recursive=True)


def test_an_order_survives_json(order):
    assert order_from(json.loads(json.dumps(order.to_dict()))) == order


def test_what_monitors_see_of_an_order_is_not_its_text(order):
    assert order.task.text not in order.about()
    assert json.loads(order.about())["task"] == 1


def test_an_error_comes_back_as_what_it_was():
    error = ControlError("没有声音。no such voice", code="voice_unknown", option="voice")
    failed = failure_of(error)
    stored = {"exc_type": type(failed).__name__, "exc_message": list(failed.args), "exc_module": "x"}
    again = error_of(json.loads(json.dumps(stored)))
    assert type(again) is ControlError
    assert again.to_dict() == error.to_dict()


def test_what_broke_around_a_task_is_no_error_of_the_task():
    stored = {"exc_type": "ConnectionError", "exc_message": ["gone"], "exc_module": "redis.exceptions"}
    assert error_of(stored) is None
    assert unexplained(stored).fields["cause"] == "ConnectionError"
    assert error_of({"exc_type": "TimeLimitExceeded", "exc_message": [600]}).code == "task_too_long"


def test_a_task_is_rendered_once_however_often_it_comes(order, storage):
    notes, engine = Notes(), tiny_engine.make()
    first = perform(order, lambda: engine, storage, notes)
    again = perform(order, lambda: pytest.fail("the model is not needed for it"), storage, notes)
    assert (first.is_rendered, again.is_rendered) == (True, False)
    assert not notes.begun and not notes.held


def test_what_another_has_in_hand_is_left_to_it(order, storage):
    notes = Notes()
    notes.held.add(order.task.identity)
    with pytest.raises(InHand):
        perform(order, tiny_engine.make, storage, notes)
    assert notes.held == {order.task.identity} and not notes.begun


def test_a_task_that_kills_its_workers_is_given_up(order, storage):
    notes = Notes()
    notes.begun[order.task.identity] = MOST_DELIVERIES
    with pytest.raises(SynthesisError) as caught:
        perform(order, tiny_engine.make, storage, notes)
    assert caught.value.code == "worker_died"
    with pytest.raises(SynthesisError):  # a copy of it that comes later kills nothing any more
        perform(order, tiny_engine.make, storage, notes)


def test_a_task_that_fails_is_no_task_that_kills(storage, order):
    notes = Notes()
    for _ in range(MOST_DELIVERIES + 2):
        with pytest.raises(SynthesisError) as caught:
            perform(dataclasses.replace(order, task=make_task(text="坏。")), tiny_engine.make, storage, notes)
        assert caught.value.code == "synthesis_failed"


def test_a_cancelled_job_is_not_begun_and_not_gone_on_with(order, storage, monkeypatch):
    notes = Notes()
    notes.cancelled.add("job")
    with pytest.raises(Cancelled):
        perform(order, tiny_engine.make, storage, notes)
    monkeypatch.setattr("tts_engine.batch.queue.task.LOOK_S", 0.0)
    notes.cancelled.clear()
    is_cancelled = notes.is_cancelled
    notes.is_cancelled = lambda job: is_cancelled(job) or notes.looks > 2
    long = dataclasses.replace(order, task=make_task(text="一句。" * 20))
    with pytest.raises(Cancelled):
        perform(long, tiny_engine.make, storage, notes)
    assert not list(storage.folder.rglob("*.wav*"))


def test_a_folder_that_a_worker_does_not_see_is_said(tmp_path, order):
    with pytest.raises(JobError) as caught:
        storage_of(Settings(broker_url=URL), "job", tmp_path / "nowhere", is_worker=True)
    assert caught.value.code == "storage_not_shared" and "TTS_STORAGE" in caught.value.message
    assert not (tmp_path / "nowhere").exists()


def test_files_of_a_shared_folder_arrive_whole(tmp_path):
    task, engine = make_task(), tiny_engine.make()
    there = storage_of(Settings(storage=str(tmp_path / "shared")), "a" * 64, tmp_path / "job")
    assert there.fetch(task, tmp_path / "job") is None
    made = there.render(task, lambda folder: render_task(task, engine, folder))
    found = there.fetch(task, tmp_path / "job")
    assert found.sha256 == made.sha256 == find_result(task, tmp_path / "job").sha256


def test_a_bucket_keeps_files_and_gives_them_back(bucket, tmp_path):
    task, engine = make_task(), tiny_engine.make()
    assert bucket.fetch(task, tmp_path) is None
    made = bucket.render(task, lambda folder: render_task(task, engine, folder))
    again = bucket.render(task, lambda _: pytest.fail("it is there"))
    assert made.is_rendered and not again.is_rendered
    assert bucket.fetch(task, tmp_path).sha256 == made.sha256
    assert (tmp_path / task.file).is_file()


def test_a_file_without_its_account_is_not_finished(bucket, tmp_path):
    task, engine = make_task(), tiny_engine.make()
    bucket.render(task, lambda folder: render_task(task, engine, folder))
    files = fsspec.filesystem("memory")
    (account,) = files.glob("/bucket/job/audio/*.json")
    files.rm(account)
    assert bucket.fetch(task, tmp_path) is None
    assert bucket.render(task, lambda folder: render_task(task, engine, folder)).is_rendered


def test_a_damaged_file_of_a_bucket_is_made_again(bucket, tmp_path):
    task, engine = make_task(), tiny_engine.make()
    bucket.render(task, lambda folder: render_task(task, engine, folder))
    files = fsspec.filesystem("memory")
    (sound,) = files.glob("/bucket/job/audio/*.wav")
    files.pipe(sound, b"half of it")
    assert bucket.fetch(task, tmp_path) is None
    assert bucket.render(task, lambda folder: render_task(task, engine, folder)).is_rendered
    assert bucket.fetch(task, tmp_path) is not None


def test_an_address_that_nothing_opens_says_what_to_install():
    with pytest.raises(FeatureMissingError) as caught:
        RemoteStorage("nothing://bucket/job")
    assert "pip install" in caught.value.message


def test_recordings_travel_by_their_content(bucket, tmp_path):
    recording = tmp_path / "host.WAV"
    recording.write_bytes(b"sound")
    task = dataclasses.replace(make_task(), options={"ref_audio": str(recording), "references": {"a": str(recording)}})
    carried = shared(task, bucket)
    assert str(tmp_path) not in json.dumps(carried.to_dict())
    here = localised(carried, bucket)
    paths = {here.options["ref_audio"], here.options["references"]["a"]}
    assert len(paths) == 1 and Path(paths.pop()).read_bytes() == b"sound"
    assert localised(task, bucket) is task


def test_settings_of_celery_are_settings_of_celery():
    """A name that Celery does not know would be ignored in silence."""
    from celery.app.defaults import SETTING_KEYS
    from kombu.transport.redis import Channel

    from tts_engine.batch.queue.application import configuration, visibility_timeout_s

    settings = Settings(broker_url=URL, task_limit_s=100)
    made = configuration(settings)
    assert set(made) - {"visibility_timeout"} <= set(SETTING_KEYS)  # read by the result backend of Redis
    assert set(made["broker_transport_options"]) <= {*Channel.from_transport_options, "unacked_restore_throttle"}
    assert (made["worker_prefetch_multiplier"], made["task_acks_late"]) == (1, True)
    assert made["task_reject_on_worker_lost"] and made["accept_content"] == ["json"]
    assert visibility_timeout_s(settings) > made["task_time_limit"] > made["task_soft_time_limit"] == 100


@pytest.mark.parametrize("url", ["localhost:6379", "amqp://host", "redis://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ConfigError, match="TTS_BROKER_URL"):
        broker.checked_url(url)


def test_a_password_is_never_shown():
    assert broker.shown(URL) == "redis://***@queue.example:6379/0"
    assert "secret" not in repr(Settings(broker_url=URL))


def test_a_missing_extra_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(broker, "find_spec", lambda _name: None)
    with pytest.raises(FeatureMissingError, match=r"tts-engine\[queue\]"):
        broker.need_extra()


def test_redis_that_is_away_is_one_error_and_workers_go_on_without_notes():
    client = broker.connect("redis://127.0.0.1:1/0")
    with pytest.raises(BrokerError, match="redis-server"), broker.told(URL):
        client.ping()
    marks = Marks(client)
    with marks.claim("x") as is_ours:
        assert is_ours
    assert marks.begin("x") == 1 and not marks.is_cancelled("job")
    marks.end("x")
    marks.bury("job", 1, 1, {"code": "x"})
    assert threading.active_count() < 50
    client.close()


def test_a_job_over_the_queue_leaves_the_number_of_processes_to_its_workers(tmp_path):
    from tts_engine.batch.job import _queue

    with pytest.raises(ControlError, match="TTS_BROKER_URL"):
        _queue(Settings(broker_url=URL), 4, "normal")
