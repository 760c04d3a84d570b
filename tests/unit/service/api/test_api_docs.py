"""Every example of docs/api.md, run against a server with a synthesizer of tones."""

import re
import shlex
from pathlib import Path

import httpx
import pytest

from serving import served

DOCS = Path(__file__).parents[4] / "docs" / "api.md"
BASE = "http://127.0.0.1:7860"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)


@pytest.fixture
def base(app):
    with served(app) as address:
        yield address


def run_curl(command, base):
    words = shlex.split(command.replace("\\\n", " "))
    assert words.pop(0) == "curl"
    url, headers, data, query, is_get = "", {}, None, {}, "-G" in words
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-urlencode"):
            data = words.pop(0)
            if is_get:
                query.update([data.split("=", 1)])
        elif word == "-o":
            words.pop(0)
        elif word not in ("-G", "-N"):
            url = word.replace(BASE, base)
    if data is None or is_get:
        return httpx.get(url, params=query, headers=headers)
    return httpx.post(url, content=data.encode(), headers=headers)


def test_the_commands_do_what_they_promise(base):
    commands = [command for command in blocks("bash") if command.startswith("curl")]
    assert len(commands) >= 6
    for command in commands:
        answer = run_curl(command, base)
        assert answer.status_code == 200, (command, answer.text)
        kinds = {".mp3": "audio/mpeg", ".zip": "application/zip", ".txt": "text/event-stream"}
        for suffix, kind in kinds.items():
            if f"{suffix} " in command + " " or command.rstrip().endswith(suffix):
                assert answer.headers["content-type"].startswith(kind)


def test_the_programs_run(base, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    programs = blocks("python")
    assert len(programs) >= 2
    for program in programs:
        exec(compile(program.replace(BASE, base), "docs/api.md", "exec"), {})
    assert (tmp_path / "welcome.wav").read_bytes()[:4] == b"RIFF"
    assert "重庆的夜景很美。 0.0" in capsys.readouterr().out


def test_every_field_and_address_is_described():
    from tts_engine.service.api import schema

    text = DOCS.read_text(encoding="utf-8")
    missing = [name for name in schema.FIELDS if f"`{name}`" not in text]
    assert not missing
    for path in ("/v1/audio/speech/batch", "/v1/audio/voices", "/v1/models", "/v1/explain", "/tts/legado.json"):
        assert path in text
