"""Journals that are closed in the end."""

import pytest

import tiny_engine
from jobs import SPEC
from tts_engine.batch.journal import FILE, Journal, Planned


@pytest.fixture
def synthesizer():
    return tiny_engine.make()


@pytest.fixture
def new_journal(tmp_path):
    """Makes a journal of some tasks."""
    opened = []

    def make(tasks, clock=None, path=tmp_path / "job" / FILE):
        planned = [one if isinstance(one, Planned) else Planned(one) for one in tasks]
        opened.append(Journal.create(path, SPEC, planned, **({"clock": clock} if clock else {})))
        return opened[-1]

    yield make
    for journal in opened:
        journal.close()
