"""Laws of the journal: every task is somebody's or nobody's, and what was written stays."""

import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jobs import SPEC, make_task
from tts_engine.batch.journal import FILE, Journal, Planned
from tts_engine.batch.model import Result, Slot, Task, result_from, task_from
from tts_engine.errors import JobError, OutputError


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def result_of(task, **changes):
    facts = {"audio_s": 2.0, "render_s": 1.0, "is_rendered": True, "warnings": ("w",), **changes}
    return Result(file=task.file, sha256="ab" * 32, **facts)


def test_tasks_come_back_as_they_were_planned(new_journal):
    task = Task(
        1, 7, 2, "name", "你好。", {"voice": "zm_yunxi", "speed": 1.5}, "cd" * 32, 0.85, Slot(1.0, 2.5), SPEC.engine
    )
    journal = new_journal([task])
    assert [entry.task for entry in journal.entries()] == [task]
    assert journal.claim("me", 60) == [task]
    assert task_from(task.to_dict()) == task
    assert result_from(result_of(task).to_dict()) == result_of(task)


def test_a_task_is_claimed_once(new_journal):
    journal = new_journal([make_task(n) for n in range(1, 41)])
    claimed, lock = [], threading.Lock()

    def work(name):
        with Journal(journal.path) as mine:
            while tasks := mine.claim(name, 60):
                with lock:
                    claimed.extend(task.number for task in tasks)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == list(range(1, 41))


def test_a_lease_runs_out_and_the_late_worker_writes_nothing(new_journal):
    clock = Clock()
    task = make_task()
    journal = new_journal([task], clock)
    journal.claim("slow", 60)
    assert journal.claim("other", 60) == []
    clock.now += 61
    assert journal.claim("other", 60) == [task]
    assert not journal.finish(1, "slow", result_of(task))
    assert not journal.fail(1, "slow", {"code": "x"})
    assert journal.finish(1, "other", result_of(task))
    assert not journal.finish(1, "other", result_of(task))
    entry = next(journal.entries())
    assert (entry.state, entry.renders, entry.attempts, entry.result) == ("done", 1, 2, result_of(task))


def test_a_renewed_lease_holds(new_journal):
    clock = Clock()
    journal = new_journal([make_task()], clock)
    journal.claim("me", 60)
    clock.now += 50
    assert journal.renew("me", 60) == 1
    clock.now += 50
    assert journal.claim("other", 60) == []


def test_what_fails_waits_before_it_is_tried_again(new_journal):
    clock = Clock()
    journal = new_journal([make_task()], clock)
    journal.claim("me", 60)
    journal.fail(1, "me", {"code": "busy"}, again_in_s=10)
    assert journal.claim("me", 60) == [] and journal.next_wait_s() == 10
    clock.now += 10
    assert len(journal.claim("me", 60)) == 1
    journal.fail(1, "me", {"code": "option_invalid"})
    assert journal.claim("me", 60) == [] and journal.next_wait_s() is None
    assert next(journal.entries()).error == {"code": "option_invalid"}
    assert journal.retry() == 1 and next(journal.entries()).state == "waiting"


def test_giving_back_counts_no_attempt(new_journal):
    journal = new_journal([make_task(1), make_task(2)])
    journal.claim("me", 60, limit=2)
    assert journal.release("me") == 2
    assert journal.counts().attempts == 0 and journal.counts().states["waiting"] == 2
    journal.claim("dead", 60)
    assert journal.recover() == 1
    assert journal.counts().attempts == 1  # it was begun, and nobody knows how far


def test_what_the_input_rules_out_is_failed_from_the_beginning_and_not_retried(new_journal):
    bad = Planned(make_task(2), {"code": "line_invalid", "message": "line 2"})
    journal = new_journal([make_task(1), bad])
    assert [entry.state for entry in journal.entries()] == ["waiting", "failed"]
    assert journal.retry() == 0
    assert journal.counts().characters == len(make_task().text)


def test_counts_and_estimates(new_journal):
    journal = new_journal([make_task(n) for n in (1, 2, 3, 4)])
    assert journal.counts().expected_audio_s is None
    task = journal.claim("me", 60)[0]
    journal.finish(1, "me", result_of(task))
    counts = journal.counts()
    assert (counts.total, counts.states["done"], counts.warnings, counts.renders) == (4, 1, 1, 1)
    assert counts.expected_audio_s == pytest.approx(8.0)
    assert not counts.is_over
    journal.cancel()
    assert journal.counts().is_over and journal.counts().states["cancelled"] == 3


def test_a_cancelled_task_is_not_finished_by_who_still_had_it(new_journal):
    journal = new_journal([make_task()])
    task = journal.claim("me", 60)[0]
    assert journal.cancel() == 1
    assert not journal.finish(1, "me", result_of(task))


def test_planning_that_fails_leaves_no_job(tmp_path):
    def planned():
        yield Planned(make_task(1))
        raise ValueError("the input ends in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        Journal.create(tmp_path / FILE, SPEC, planned())
    with pytest.raises(JobError) as caught:
        Journal(tmp_path / FILE)
    assert caught.value.code == "job_unknown"
    with Journal.create(tmp_path / FILE, SPEC, [Planned(make_task(1))]) as journal:
        assert journal.counts().total == 1


def test_planning_that_is_killed_leaves_no_job(tmp_path):
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path; from jobs import SPEC, make_task\n"
        "from tts_engine.batch.journal import FILE, Journal, Planned\n"
        "def planned():\n"
        "    for n in range(1, 2000): yield Planned(make_task(n, '长' * 1000))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "Journal.create(Path(sys.argv[1]) / FILE, SPEC, planned())\n"
    )
    tests = str(Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), tests], check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(JobError, match="batch run"):
        Journal(tmp_path / FILE)
    with Journal.create(tmp_path / FILE, SPEC, [Planned(make_task(1))]) as journal:
        assert [entry.task.number for entry in journal.entries()] == [1]


def test_no_journal_and_a_damaged_one_are_one_clear_error(tmp_path):
    with pytest.raises(JobError) as caught:
        Journal(tmp_path / FILE)
    assert caught.value.code == "job_unknown"
    (tmp_path / FILE).write_bytes(b"this is no database" * 100)
    with pytest.raises(JobError) as caught:
        Journal(tmp_path / FILE)
    assert caught.value.code == "journal_damaged"


def test_a_newer_format_is_refused(new_journal):
    journal = new_journal([make_task()])
    journal.close()
    connection = sqlite3.connect(journal.path)
    connection.execute("UPDATE job SET format = 99")
    connection.commit()
    connection.close()
    with pytest.raises(JobError, match="99"):
        Journal(journal.path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        Journal.create(tmp_path / "file" / FILE, SPEC, [])
