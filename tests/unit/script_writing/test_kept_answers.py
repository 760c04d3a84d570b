"""Answers on the disk: a second run, one after a crash, and a replay without a server cost nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tts_engine
from tts_engine.errors import ConfigError, FeatureMissingError, LanguageModelError, OutputError
from tts_engine.language_model.ceiling import Ceiling
from tts_engine.language_model.client import Endpoint, LanguageModel
from tts_engine.language_model.store import Store
from tts_engine.script import to_dict
from tts_engine.script.writing import Run, WritingOptions, write

SUMMARY = "一条渡船在河上走了四十年，今天是最后一班。" * 4
STORY = "老周问：“姑娘，这么早去哪儿？”她喘着气，半天说不出话。\n\n小雨说：“去看我爹。”老周没有再问。\n\n" * 12
SHORT = STORY[:130]
PIECES = WritingOptions(piece_characters=200)
SHARED = "write-good#kept"


def replay(folder, name=SHARED):
    return LanguageModel(Endpoint("", name), store=Store(folder, is_replay=True))


def test_a_second_run_asks_nothing_and_gives_the_same(server, tmp_path):
    for task, text in (("expand", SUMMARY), ("annotate", STORY)):
        runs = []
        for _ in range(2):
            model = server.model("good", name=f"write-good#second-{task}", store=Store(tmp_path))
            options = WritingOptions(length=2500) if task == "expand" else PIECES
            runs.append(write(task, text, model, options=options))
        first, second = runs
        assert to_dict(second.script) == to_dict(first.script)
        assert first.usage.requests >= 3 and second.usage.requests == 0 and second.usage.tokens == 0
        assert second.usage.cached >= 3 and len(server.requests(model)) == first.usage.requests


def test_a_recorded_run_is_replayed_without_a_server(server, tmp_path, monkeypatch):
    recorded = write("annotate", STORY, server.model("good", name=SHARED, store=Store(tmp_path)), options=PIECES)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    monkeypatch.setitem(sys.modules, "openai", None)  # not even the client is needed
    again = write("annotate", STORY, replay(tmp_path), options=PIECES)
    assert to_dict(again.script) == to_dict(recorded.script) and again.usage.requests == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")} == before


def test_what_was_not_recorded_is_a_clear_error(server, tmp_path):
    write("annotate", STORY, server.model("good", name=SHARED, store=Store(tmp_path)), options=PIECES)
    run = Run("annotate", STORY + "新的一句。", replay(tmp_path), options=PIECES)
    with pytest.raises(LanguageModelError, match="重放") as caught:
        list(run)
    assert caught.value.code == "language_model_not_recorded" and str(tmp_path) in caught.value.message
    assert run.script.lines  # the beginning was recorded
    with pytest.raises(LanguageModelError):
        write("annotate", STORY, replay(tmp_path / "empty"), options=PIECES)
    assert not (tmp_path / "empty").exists()


def test_a_recording_that_was_tampered_with_passes_no_check(server, tmp_path):
    write("annotate", STORY[:80], server.model("good", name=SHARED, store=Store(tmp_path)))
    (path,) = tmp_path.rglob("*.jsonl")
    path.write_text(path.read_text(encoding="utf-8").replace("老周没有再问", "老周拔出了刀"), encoding="utf-8")
    with pytest.raises(LanguageModelError) as caught:
        write("annotate", STORY[:80], replay(tmp_path))
    assert caught.value.code == "language_model_unusable"
    # with a server, what does not pass is asked again
    mended = write("annotate", STORY[:80], server.model("good", name=SHARED, store=Store(tmp_path)))
    assert mended.usage.requests == 1 and "刀" not in "".join(line.text for line in mended.script.lines)


def test_after_the_ceiling_a_second_run_goes_on_where_the_first_stopped(server, tmp_path):
    name = "write-good#ceiling"
    first = Run(
        "annotate", STORY, server.model("good", name=name, store=Store(tmp_path), ceiling=Ceiling(tokens=6000)),
        options=PIECES,
    )  # fmt: skip
    with pytest.raises(LanguageModelError, match="上限"):
        list(first)
    second = write("annotate", STORY, server.model("good", name=name, store=Store(tmp_path)), options=PIECES)
    whole = write("annotate", STORY, server.model("good"), options=PIECES)
    assert first.usage.requests + second.usage.requests == whole.usage.requests
    assert to_dict(second.script) == to_dict(whole.script)
    assert (
        to_dict(whole.script)["chapters"][0]["lines"][: len(first.script.lines)]
        == (to_dict(first.script)["chapters"][0]["lines"])
    )


CRASHES = """
import sys
from pathlib import Path
from tts_engine.language_model.client import Endpoint, LanguageModel
from tts_engine.language_model.store import Store
from tts_engine.script.writing import Run
model = LanguageModel(Endpoint(sys.argv[1], sys.argv[2]), store=Store(Path(sys.argv[3])))
for line in Run("annotate", Path(sys.argv[4]).read_text(encoding="utf-8"), model):
    print(line.text, flush=True)
"""


def test_a_killed_process_pays_only_once_for_what_it_had(server, tmp_path):
    text = tmp_path / "story.txt"
    text.write_text(SHORT, encoding="utf-8")
    name = "write-slow#crash"
    process = subprocess.Popen(
        [sys.executable, "-c", CRASHES, server.base_url, name, tmp_path / "kept", text],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path(tts_engine.__file__).parents[1])},
    )  # fmt: skip
    assert process.stdout is not None
    had = [process.stdout.readline().strip() for _ in range(4)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    had += rest.split()
    (record,) = (tmp_path / "kept").rglob("*.jsonl")
    with record.open("ab") as file:
        file.write('{"name": "lines", "item": {"text": "半'.encode())  # torn in the middle of a line
    model = server.model("slow", name=name, store=Store(tmp_path / "kept"))
    run = write("annotate", SHORT, model)
    said = [line.text for line in run.script.lines]
    assert said[: len(had)] == had
    asked = server.data(model)
    assert len(asked) == 2 and len(asked[1]["text"]) < len(asked[0]["text"]) - sum(map(len, had[:-1]))
    assert write("annotate", SHORT, server.model("slow", name=name, store=Store(tmp_path / "kept"))).usage.tokens == 0


def test_two_with_the_same_question_pay_for_one_answer(server, tmp_path):
    runs = [
        Run("annotate", STORY[:60], server.model("slow", name="write-slow#two", store=Store(tmp_path)))
        for _ in range(2)
    ]
    threads = [threading.Thread(target=list, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.usage.requests for run in runs) == [0, 1]
    assert to_dict(runs[0].script) == to_dict(runs[1].script)


def test_who_stops_reading_keeps_what_was_read(server, tmp_path):
    name = "write-slow#stops"
    reader = iter(Run("annotate", SHORT, server.model("slow", name=name, store=Store(tmp_path))))
    first = next(reader)
    reader.close()
    model = server.model("slow", name=name, store=Store(tmp_path))
    assert write("annotate", SHORT, model).script.lines[0] == first
    assert len(server.data(model)[1]["text"]) < len(SHORT)


def test_failures_leave_nothing_behind(server, tmp_path):
    model = server.model("nonsense", store=Store(tmp_path), attempts=1)
    with pytest.raises(LanguageModelError):
        write("annotate", STORY, model)
    assert list(tmp_path.rglob("*.jsonl")) == []


def test_the_key_is_in_no_file(server, tmp_path):
    from tts_engine.ledger import Ledger

    ledger = Ledger(tmp_path)
    for behaviour in ("good", "echoes"):
        run = Run("annotate", STORY, server.model(behaviour, store=Store(tmp_path / "kept")), ledger=ledger)
        try:
            list(run)
        except LanguageModelError as error:
            assert "secret" not in json.dumps(error.to_dict())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 2 and all(b"secret" not in path.read_bytes() for path in files)


def test_a_folder_that_cannot_be_written_is_told(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        write("annotate", STORY, server.model("good", store=Store(tmp_path / "file")))
    assert caught.value.code == "language_model_cache"


def test_what_a_run_used_is_in_the_ledger_after_every_request(server, tmp_path):
    from tts_engine.language_model.prices import Price, PriceTable
    from tts_engine.ledger import Ledger
    from tts_engine.ledger.stats import add_up

    ledger, model = Ledger(tmp_path), server.model("good")
    prices = PriceTable({model.endpoint.model: Price(2.0, 8.0, 1.0)})
    run = Run("annotate", STORY, model, options=PIECES, ledger=ledger, prices=prices, programme="渡口")
    next(iter(run))
    list(run)
    lines = ledger.writings()
    assert len(lines) == run.usage.requests + 1 and {line.programme for line in lines} == {"渡口"}
    total = add_up(lines, ()).total
    assert (total.prompt_tokens, total.completion_tokens) == (run.usage.prompt_tokens, run.usage.completion_tokens)
    assert total.cost["CNY"] == pytest.approx(run.usage.requests * (260 * 2 + 40 * 1 + 200 * 8) / 1e6)
    assert (total.characters_in, total.characters_out) == (run.characters_in, run.characters_out)


def test_settings_open_the_model_or_say_what_is_missing(server, tmp_path):
    from tts_engine.api import load_language_model
    from tts_engine.settings import load_settings

    settings, _ = load_settings({})
    with pytest.raises(FeatureMissingError, match="TTS_LLM_BASE_URL"):
        load_language_model(settings)
    with pytest.raises(ConfigError, match="TTS_LLM_MODEL"):
        load_language_model(settings, store=Store(tmp_path, is_replay=True))
    write("annotate", STORY[:50], server.model("good", name=SHARED, store=Store(tmp_path)))
    assert load_language_model(settings, store=Store(tmp_path, is_replay=True)).endpoint.model == SHARED
    real, _ = load_settings(
        {"TTS_LLM_BASE_URL": server.base_url, "TTS_LLM_MODEL": "write-good", "TTS_LLM_API_KEY": "sk-secret-key"}
    )
    assert write("annotate", STORY[:50], load_language_model(real)).is_complete
