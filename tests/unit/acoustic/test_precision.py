"""Which numbers the decoder is computed in: measured once, kept, and never guessed."""

from __future__ import annotations

import pytest

from tts_engine.acoustic import precision
from tts_engine.acoustic.precision import FLOAT32, INT8, SMALL, Measured, choose_precision
from tts_engine.errors import ControlError

QUICK = Measured(float32_ms=100.0, int8_ms=50.0, agreement_db=35.0)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (QUICK, INT8),
        (Measured(100.0, 95.0, 35.0), FLOAT32),  # not worth it
        (Measured(100.0, 400.0, 35.0), FLOAT32),
        (Measured(100.0, 20.0, 5.0), FLOAT32),  # fast, and wrong: kernels that overflow
    ],
)
def test_int8_has_to_be_faster_and_right(tmp_path, measured, expected):
    chosen = choose_precision(folder=tmp_path, measure=lambda: measured)
    assert chosen.name == expected
    assert str(measured) in chosen.reason


def test_what_was_measured_is_kept(tmp_path):
    folder = tmp_path / "not" / "yet"
    first = choose_precision(folder=folder, measure=lambda: QUICK)
    again = choose_precision(folder=folder, measure=lambda: pytest.fail("measured a second time"))
    assert first == again
    assert [file.name for file in folder.iterdir()] == [f"precision-{precision.machine()}.json"]


def test_another_machine_measures_for_itself(tmp_path, monkeypatch):
    choose_precision(folder=tmp_path, measure=lambda: QUICK)
    monkeypatch.setattr(precision, "_processor", lambda: {"model name: another"})
    assert choose_precision(folder=tmp_path, measure=lambda: Measured(1.0, 2.0, 35.0)).name == FLOAT32


def test_of_two_that_start_together_the_first_decides(tmp_path):
    def measure():
        choose_precision(folder=tmp_path, measure=lambda: QUICK)  # the other one was quicker
        return Measured(100.0, 400.0, 35.0)

    assert choose_precision(folder=tmp_path, measure=measure).name == INT8
    assert choose_precision(folder=tmp_path, measure=measure).name == INT8


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"float32_ms": "fast"}', "\x00"])
def test_a_damaged_note_is_measured_anew(tmp_path, content):
    (tmp_path / f"precision-{precision.machine()}.json").write_text(content)
    assert choose_precision(folder=tmp_path, measure=lambda: QUICK).name == INT8


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    assert choose_precision(folder=tmp_path / "file" / "below", measure=lambda: QUICK).name == INT8


@pytest.mark.parametrize("asked", [FLOAT32, INT8, SMALL, " Int8 "])
def test_who_asks_gets_it_untested(tmp_path, asked):
    chosen = choose_precision(asked, folder=tmp_path, measure=lambda: pytest.fail("measured"))
    assert chosen.name == asked.strip().lower()
    assert not list(tmp_path.iterdir())


def test_another_decoder_is_float32(tmp_path):
    tuned, fast = tmp_path / "tuned.npz", tmp_path / "fast.safetensors"
    chosen = choose_precision(folder=tmp_path, decoder=tuned, measure=lambda: pytest.fail("measured"))
    assert chosen.name == FLOAT32
    for asked, decoder in ((INT8, tuned), (SMALL, tuned), (INT8, fast)):
        with pytest.raises(ControlError, match=f"^{asked}.* own decoder: with {decoder.name} "):
            choose_precision(asked, folder=tmp_path, decoder=decoder)
    assert choose_precision(SMALL, folder=tmp_path, decoder=fast).name == SMALL


def test_an_unknown_precision_is_refused(tmp_path):
    with pytest.raises(ControlError, match="auto, float32, int8, small"):
        choose_precision("int4", folder=tmp_path)


def test_the_test_itself_measures():
    from tts_engine.acoustic.selftest import measure

    measured = measure()
    assert measured.float32_ms > 0
    assert measured.int8_ms > 0
    assert measured.agreement_db > precision.CLOSE_DB
