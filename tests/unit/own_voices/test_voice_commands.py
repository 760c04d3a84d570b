"""``tts-engine voice`` without an engine: what manages the library, and what is refused before anything is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tts_engine.cli.root import group
from tts_engine.errors import ControlError

from .conftest import STATEMENT


@pytest.fixture
def run(library, monkeypatch, tmp_path):
    monkeypatch.setenv("TTS_VOICES", str(library.directory))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        result = CliRunner().invoke(group, ["voice", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return call


def test_list_and_show(create, run):
    create()
    assert "own:xiaowang" in run("list") and "小王" in run("list")
    assert STATEMENT in run("show", "小王") and "注意 note: 只有 8 秒人声" in run("show", "小王")
    (record,) = json.loads(run("list", "--json"))
    assert record == json.loads(run("show", "own:xiaowang", "--json"))


def test_rename_export_delete_import(create, run, tmp_path):
    create()
    run("rename", "小王", "老王")
    assert run("export", "老王").strip().endswith("xiaowang.ttsvoice")
    run("delete", "老王", "--yes")
    assert run("list") == ""
    assert "own:xiaoli" in run("import", "xiaowang.ttsvoice", "--name", "小李")
    assert STATEMENT in run("show", "小李")


def test_consent_is_asked_for_before_a_model_is_loaded(run):
    for command in (["create", "小王", "a.wav"], ["tune", "小王", "corpus", "--consent", "ok"]):
        with pytest.raises(ControlError) as caught:
            run(*command)
        assert caught.value.code == "consent_missing"


def test_listing_loads_nothing_heavy(tmp_path):
    code = (
        "import sys, tts_engine.cli as cli\n"
        "try: cli.main(['voice', 'list'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print([name for name in ('onnxruntime', 'torch', 'gradio') if name in sys.modules])"
    )
    environ = {**os.environ, "TTS_VOICES": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ).stdout
    assert out.strip() == "[]"
