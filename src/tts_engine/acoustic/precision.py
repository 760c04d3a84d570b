"""In which numbers the processor computes the model's own decoder.

    auto      whichever of the two is faster here, by a test of a second that is made once and kept
    float32   as trained
    int8      convolutions in whole numbers (``quantised``)
    small     the same, and all else of the model in as little memory as it takes (``compact``): for small devices

What is faster depends on the processor's instructions and on ONNX Runtime's kernels for them, so it is measured and
not guessed (``selftest``). What was measured is kept beside the model, under a name made of processor and versions: the
same machine computes tomorrow as it did today. Nothing heavy is imported here: settings are checked by it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tts_engine.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable

AUTO, FLOAT32, INT8, SMALL = "auto", "float32", "int8", "small"
CHOICES = (AUTO, FLOAT32, INT8, SMALL)

#: int8 is taken where it needs at most this share of the time, and is at least so close to float32.
WORTH_IT = 0.9
CLOSE_DB = 20.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What the test found.

    Attributes:
        float32_ms: time of one level of the generator in float32.
        int8_ms: the same in whole numbers.
        agreement_db: level of the float32 result over the difference of the two.
    """

    float32_ms: float
    int8_ms: float
    agreement_db: float

    @property
    def best(self) -> str:
        """The one to take."""
        is_worth_it = self.int8_ms <= WORTH_IT * self.float32_ms and self.agreement_db >= CLOSE_DB
        return INT8 if is_worth_it else FLOAT32

    def __str__(self) -> str:
        return f"float32 {self.float32_ms:.0f} ms, int8 {self.int8_ms:.0f} ms, agreement {self.agreement_db:.0f} dB"


@dataclass(frozen=True, slots=True)
class Precision:
    """A precision that was chosen.

    Attributes:
        name: ``float32``, ``int8`` or ``small``.
        reason: why this one, for people.
    """

    name: str
    reason: str


def check_precision(asked: str) -> str:
    """The name in its usual spelling.

    Raises:
        ControlError: not one of ``CHOICES``.
    """
    name = str(asked).strip().lower()
    if name not in CHOICES:
        raise ControlError(
            f"precision 应为 {'、'.join(CHOICES)} 之一，收到 {asked!r}。"
            f"precision must be one of {', '.join(CHOICES)}, got {asked!r}.",
            code="precision_invalid",
            option="precision",
            value=str(asked),
            allowed=", ".join(CHOICES),
        )
    return name


def choose_precision(
    asked: str = AUTO,
    *,
    folder: Path,
    decoder: Path | None = None,
    measure: Callable[[], Measured] | None = None,
) -> Precision:
    """The precision for what was asked for, and why.

    Args:
        asked: ``auto``, ``float32``, ``int8`` or ``small``.
        folder: where what was measured is kept; where it cannot be written, it is measured at every start.
        decoder: file of another decoder than the model's own; its ranges are not known.
        measure: makes the test; None for that of ``selftest``.

    Raises:
        ControlError: no such precision, or one in whole numbers for a decoder that does not have it.
    """
    from tts_engine.acoustic.fast.weights import is_fast

    name = check_precision(asked)
    if decoder is not None:
        allowed = (AUTO, FLOAT32, SMALL) if is_fast(decoder) else (AUTO, FLOAT32)
        if name not in allowed:
            raise ControlError(
                f"{name} 只适用于模型自带的解码器；换用 {decoder.name} 时 precision 应为 {'、'.join(allowed)} 之一。"
                f"{name} is for the model's own decoder: with {decoder.name} precision must be {', '.join(allowed)}.",
                code="precision_invalid",
                option="precision",
                value=name,
                allowed=", ".join(allowed),
            )
        if name != SMALL:
            return Precision(FLOAT32, "not the model's own decoder")
    if name != AUTO:
        return Precision(name, "asked for")
    measured = _remembered(folder / f"precision-{machine()}.json", measure or _measure)
    return Precision(measured.best, f"auto: {measured}")


def _measure() -> Measured:
    from tts_engine.acoustic.selftest import measure

    return measure()


def machine() -> str:
    """16 hexadecimal digits that differ where the test could come out otherwise."""
    import onnxruntime

    told = [platform.machine(), onnxruntime.__version__, *sorted(_processor())]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _processor() -> set[str]:
    """Model and instruction sets of the first processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {platform.processor()}
    return {line for line in lines[: lines.index("") if "" in lines else None] if line.startswith(("model", "flags"))}


def _remembered(file: Path, measure: Callable[[], Measured]) -> Measured:
    """What the file holds; measured and written first where there is none. The first of several processes counts."""
    known = _read(file)
    if known is not None:
        return known
    measured = measure()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            whole = Path(folder) / file.name
            whole.write_text(json.dumps(asdict(measured)), encoding="utf-8")
            os.link(whole, file)  # fails where another process was first
    except OSError:
        return _read(file) or measured
    return measured


def _read(file: Path) -> Measured | None:
    try:
        return Measured(**{name: float(value) for name, value in json.loads(file.read_text(encoding="utf-8")).items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
