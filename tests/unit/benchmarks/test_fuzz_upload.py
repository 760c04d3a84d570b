"""A slice of the fuzz of uploads, and that the fuzz itself can find something."""

import pytest
from benchmarks import fuzz_upload
from benchmarks.fuzz_upload import MUTATIONS, judge, mutated, originals, resident_mb


def test_undamaged_recordings_are_recordings_and_others_are_refused():
    outcomes = {name: judge(data) for name, data in originals().items()}
    refused = {name for name, outcome in outcomes.items() if outcome != "recording"}
    assert refused == {"zip", "png", "text"}


def test_damaged_recordings_are_recordings_or_one_clear_error(capfd):
    before_mb = resident_mb()
    outcomes = [judge(data) for _, data in mutated(seed=20, count=250)]
    assert 20 < outcomes.count("recording") < 200
    assert len(set(outcomes)) >= 4
    assert resident_mb() - before_mb < 100
    assert "Traceback" not in capfd.readouterr().err


def test_the_same_seed_makes_the_same_inputs():
    files = originals()
    assert list(mutated(3, 40, files)) == list(mutated(3, 40, files))
    assert list(mutated(3, 40, files)) != list(mutated(4, 40, files))


def test_every_mutation_is_used():
    used = "+".join(what for what, _ in mutated(0, 300))
    assert all(mutation.__name__.strip("_") in used for mutation in MUTATIONS)


def test_what_is_neither_recording_nor_refusal_is_found(monkeypatch):
    def explode(*_arguments, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz_upload, "decode", explode)
    with pytest.raises(ZeroDivisionError):
        judge(b"")
