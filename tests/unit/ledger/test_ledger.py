"""The ledger: lines are only added, by many at once, and survive a killed process; sums add up."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tts_engine
from tts_engine.errors import ConfigError, ControlError, OutputError
from tts_engine.language_model.prices import Price, PriceTable, load_prices
from tts_engine.ledger import Ledger, Rendering, Writing
from tts_engine.ledger.stats import UNWRITTEN, add_up

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(tts_engine.__file__).parents[1])}
WRITER = """
import sys
from pathlib import Path
from tts_engine.ledger import Ledger, Writing
ledger = Ledger(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    ledger.record(Writing(programme="同一个", task="expand", model="m", prompt_tokens=number, requests=1))
    print(number, flush=True)
"""


def test_what_is_recorded_is_read_back(tmp_path):
    ledger = Ledger(tmp_path / "outputs")
    assert ledger.writings() == () and ledger.renderings() == () and not ledger.path.exists()
    written = ledger.record(
        Writing(
            programme="p", task="expand", model="m", style="narration", prompt_tokens=5, is_estimated=True, cost=0.5
        )
    )
    rendered = ledger.record(
        Rendering(programme="p", part="第一章", audio_s=60.0, rendered_s=50.0, render_s=30.0, lines=4)
    )
    assert ledger.writings() == (written,) and ledger.renderings() == (rendered,)
    assert written.at.endswith("+00:00") and rendered.at >= written.at


@pytest.mark.parametrize("values", [{"programme": " "}, {"prompt_tokens": -1}, {"cost": float("nan")}])
def test_values_that_cannot_be_are_refused(tmp_path, values):
    with pytest.raises(ControlError) as caught:
        Ledger(tmp_path).record(Writing(**{"programme": "p", "task": "t", "model": "m", **values}))
    assert caught.value.fields["option"] == next(iter(values))
    assert Ledger(tmp_path).writings() == ()


def test_lines_cannot_be_changed_or_removed(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.record(Rendering(programme="p", audio_s=1.0))
    connection = sqlite3.connect(ledger.path)
    for change in ("UPDATE renderings SET audio_s = 9", "DELETE FROM renderings"):
        with pytest.raises(sqlite3.DatabaseError, match="only added to"):
            connection.execute(change)
    connection.close()
    assert ledger.renderings()[0].audio_s == 1.0


def test_processes_and_threads_write_at_once(tmp_path):
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, "15"], stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        for _ in range(2)
    ]
    ledger = Ledger(tmp_path)
    threads = [
        threading.Thread(target=lambda: [ledger.record(Rendering(programme="同一个", audio_s=1.0)) for _ in range(5)])
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    assert sum(line.requests for line in ledger.writings()) == 30
    assert sum(line.prompt_tokens for line in ledger.writings()) == 2 * sum(range(15))
    assert len(ledger.renderings()) == 15


def test_a_killed_process_loses_no_line_that_was_recorded(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path, "100000"], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    assert process.stdout is not None
    recorded = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    count = len(recorded) + len(rest.splitlines())
    ledger = Ledger(tmp_path)
    assert len(ledger.writings()) in (count, count + 1)  # the last may have been stored and not yet told
    ledger.record(Rendering(programme="p"))
    assert len(ledger.renderings()) == 1


def test_a_damaged_file_is_one_clear_error(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.path.write_bytes(b"no database at all" * 100)
    for call in (ledger.writings, lambda: ledger.record(Rendering(programme="p"))):
        with pytest.raises(OutputError) as caught:
            call()
        assert caught.value.code == "ledger_failed" and str(ledger.path) in caught.value.message


def lines(tmp_path, *, again=False):
    """A summary read as it is, and one that a model made a narration of."""
    ledger = Ledger(tmp_path)
    ledger.record(
        Rendering(
            programme="摘要", style="summary", characters=250, audio_s=60.0, rendered_s=60.0, render_s=30.0, lines=5
        )
    )
    for _ in range(2 if again else 1):
        ledger.record(Writing(
            programme="长篇", task="expand", model="m", style="narration", requests=2, prompt_tokens=900,
            completion_tokens=2100, cached_tokens=400, cost=0.02, currency="CNY", characters_in=250,
            characters_out=1000,
        ))  # fmt: skip
    ledger.record(
        Rendering(programme="长篇", characters=500, audio_s=120.0, rendered_s=120.0, render_s=60.0, part="一", lines=10)
    )
    ledger.record(
        Rendering(programme="长篇", characters=500, audio_s=120.0, rendered_s=120.0, render_s=60.0, part="二", lines=10)
    )
    return ledger


def test_minutes_tokens_and_growth_by_style(tmp_path):
    ledger = lines(tmp_path)
    stats = add_up(ledger.writings(), ledger.renderings())
    summary, narration = stats.styles
    assert (summary.name, narration.name) == ("summary", "narration")
    assert (summary.minutes, summary.tokens_per_minute, summary.growth) == (1.0, 0.0, None)
    assert (narration.minutes, narration.tokens_per_minute, narration.growth) == (4.0, 750.0, 4.0)
    assert stats.total.tokens == 3000 and stats.total.cost == {"CNY": 0.02} and stats.total.rtf == 0.5
    assert stats.total.minutes == sum(one.minutes for one in stats.programmes) == 5.0


def test_a_part_rendered_again_costs_time_and_adds_no_minute(tmp_path):
    ledger = lines(tmp_path)
    before = add_up(ledger.writings(), ledger.renderings()).total
    ledger.record(
        Rendering(
            programme="长篇", part="二", characters=510, audio_s=126.0, rendered_s=9.0, render_s=5.0, lines_rendered=1
        )
    )
    after = add_up(ledger.writings(), ledger.renderings()).total
    assert after.audio_s == before.audio_s + 6.0 and after.render_s == before.render_s + 5.0
    assert after.rendered_s == before.rendered_s + 9.0


def test_the_whole_rendered_later_takes_the_place_of_its_parts(tmp_path):
    ledger = lines(tmp_path)
    ledger.record(Rendering(programme="长篇", characters=1000, audio_s=250.0))
    assert add_up(ledger.writings(), ledger.renderings()).programmes[1].audio_s == 250.0
    ledger.record(Rendering(programme="长篇", part="一", characters=500, audio_s=120.0))
    assert add_up(ledger.writings(), ledger.renderings()).programmes[1].audio_s == 240.0


def test_a_text_written_twice_costs_twice_and_is_not_twice_as_long(tmp_path):
    ledger = lines(tmp_path, again=True)
    stats = add_up(ledger.writings(), ledger.renderings())
    assert stats.total.tokens == 6000 and stats.total.growth == 4.0


def test_tokens_without_audio_do_not_stretch_the_minutes(tmp_path):
    ledger = lines(tmp_path)
    ledger.record(Writing(programme="未合成", task="expand", model="m", prompt_tokens=9999))
    stats = add_up(ledger.writings(), ledger.renderings())
    assert stats.total.tokens_per_minute == 600.0 and stats.total.unrendered_tokens == 9999
    assert stats.programmes[-1].tokens_per_minute is None and stats.programmes[-1].style == UNWRITTEN


def test_what_has_no_price_is_named_until_the_table_knows_it(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.record(
        Writing(
            programme="p",
            task="t",
            model="local",
            prompt_tokens=1_000_000,
            cached_tokens=500_000,
            completion_tokens=100,
        )
    )
    unknown = add_up(ledger.writings(), ()).total
    assert unknown.unpriced == ("local",) and unknown.cost == {}
    table = PriceTable({"local": Price(input=2.0, output=10.0, cached_input=0.2, currency="USD")})
    known = add_up(ledger.writings(), (), table).total
    assert known.unpriced == () and known.cost == pytest.approx({"USD": 1.0 + 0.1 + 0.001})


def test_prices_come_from_a_file(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"a": {"input": 2, "output": 3, "currency": "usd", "note": "2026-11"}}))
    table = load_prices(path)
    assert table.find("a") == Price(2.0, 3.0, None, "USD") and table.find("b") is None
    assert load_prices(None).prices == {} and load_prices(tmp_path / "none.json", must_exist=False).prices == {}


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"a": 1}', '{"a": {"input": 1}}', '{"a": {"input": -1, "output": 1}}',
     '{"a": {"input": "1", "output": 1}}', '{"a": {"input": 1, "output": 1, "per": 1000}}',
     '{"a": {"input": 1, "output": NaN}}', '{"a": {"input": 1, "output": 1, "currency": "元"}}', None],
)  # fmt: skip
def test_a_wrong_price_table_is_one_clear_error(tmp_path, content):
    path = tmp_path / "prices.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_prices(path)
    assert str(path) in caught.value.message and caught.value.code == "prices_invalid"
