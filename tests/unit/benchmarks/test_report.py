"""Tables and the JSON line: what people and machines read of a benchmark."""

from __future__ import annotations

import json
import math

import pytest
from benchmarks.report import describe_machine, json_line, number, spread, table


def test_table_aligns_every_column():
    lines = table(["name", "a"], [["x", "1.5"], ["longer", "22.75"]]).splitlines()
    assert lines == ["name        a", "------  -----", "x         1.5", "longer  22.75"]


def test_table_refuses_a_row_that_lost_a_cell():
    with pytest.raises(ValueError, match="one cell per column"):
        table(["name", "a"], [["x"]])


@pytest.mark.parametrize(("value", "expected"), [(None, "-"), (math.nan, "-"), (0.5, "0.500"), (-1.0, "-1.000")])
def test_number_shows_what_is_missing(value, expected):
    assert number(value) == expected


def test_spread_names_median_and_range():
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "min": 1.0, "max": 3.0, "n": 3}


def test_json_line_is_one_line_of_strict_json():
    line = json_line("speed", {"cpu": "甲\n乙"}, {"rtf": 0.1234567, "bad": math.nan, "list": [1.0, math.inf]})
    assert "\n" not in line
    parsed = json.loads(line, parse_constant=lambda constant: pytest.fail(f"not JSON: {constant}"))
    assert parsed == {
        "benchmark": "speed",
        "environment": {"cpu": "甲\n乙"},
        "results": {"rtf": 0.12346, "bad": None, "list": [1.0, None]},
    }


def test_machine_is_described_without_paths():
    machine = describe_machine(2, ["numpy", "no-such-package"])
    assert machine["threads"] == 2
    assert machine["versions"]["numpy"]
    assert machine["versions"]["no-such-package"] is None
    assert set(machine) >= {"commit", "cpu", "cpu_flags", "date", "load_average_1min"}
    assert "/" not in json.dumps({key: value for key, value in machine.items() if key != "cpu"})
