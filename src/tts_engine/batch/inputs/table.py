"""CSV and TSV with a header: ``text,id,voice,emotion,...``; an empty cell leaves its option to the job."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ControlError, TextError, TTSError
from ...options import KNOBS
from ..model import Line
from .decoding import LONGEST_LINE, opened
from .fields import NAMES, bad_line, line_of, unknown_field

if TYPE_CHECKING:
    from . import Warn


def read_table(path: Path, warn: Warn) -> Iterator[Line]:
    """The lines of a file.

    Raises:
        ControlError: the header names an unknown column, one twice, or no ``text``.
        TextError: the file cannot be read or is empty.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))
    with opened(path, warn, newline="") as file:
        rows = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        try:
            header = [cell.strip() for cell in next(rows)]
        except (StopIteration, csv.Error) as error:
            raise TextError(
                f"{path.name} 第 1 行应为表头（如 text,voice,emotion）。Line 1 must be a header such as"
                " text,voice,emotion.",
                code="header_missing",
                path=str(path),
                line=1,
            ) from error
        _check(header)
        number = rows.line_num + 1
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield bad_line(
                    number, TextError(f"不是有效的 CSV 行（{error}）。Not a row of CSV.", code="line_invalid")
                )
            else:
                if any(cell.strip() for cell in row):
                    yield _line(number, header, row, path.parent)
            number = rows.line_num + 1


def _check(header: list[str]) -> None:
    try:
        for name in header:
            if name not in NAMES:
                raise unknown_field(name)
        twice = [name for name in header if header.count(name) > 1]
        if twice or "text" not in header:
            raise ControlError(
                f"表头{'中 ' + twice[0] + ' 重复' if twice else '缺少 text'}，收到 {','.join(header)}。"
                f"The header {'has ' + twice[0] + ' twice' if twice else 'lacks text'}: {','.join(header)}.",
                code="header_invalid",
            )
    except TTSError as error:
        error.message = f"第 1 行（表头）line 1, the header: {error.message}"
        error.fields["line"] = 1
        raise


def _line(number: int, header: list[str], row: list[str], folder: Path) -> Line:
    if len(row) != len(header):
        problem = f"应有 {len(header)} 列，实有 {len(row)} 列。{len(header)} columns expected, got {len(row)}."
        return bad_line(number, TextError(problem, code="line_invalid"))
    values: dict[str, Any] = {}
    try:
        for name, cell in zip(header, row, strict=True):
            if cell.strip():
                values[name] = _value(name, cell)
    except TTSError as error:
        return bad_line(number, error)
    return line_of(number, values, folder)


def _value(name: str, cell: str) -> Any:
    """A cell as its option takes it: numbers as numbers, everything else as written."""
    knob = KNOBS.get(name)
    if knob is None or knob.minimum is None:
        return cell if name == "text" else cell.strip()
    written = cell.strip()
    try:
        return int(written) if written.lstrip("+-").isdecimal() else float(written)
    except ValueError:
        raise ControlError(
            f"{name} 应为数，收到 {cell!r}。{name} must be a number, got {cell!r}.",
            option=name,
            value=cell,
            allowed="a number",
        ) from None
