"""Live sessions on the real weights: the sample client against a server process, the client of pages in a browser."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from importlib import resources
from pathlib import Path

import pytest
import soundfile
import uvicorn
from chromium import Chromium, find_chromium
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from server_process import ask, free_port, wait_until
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tts_engine.service.desk import Desk
from tts_engine.service.engine import EngineHolder
from tts_engine.service.guard import protect
from tts_engine.service.live.endpoint import PATH, build_live_router
from tts_engine.service.page.live_tab import live_html
from tts_engine.settings import Settings

pytestmark = pytest.mark.e2e

CLIENT = Path(__file__).parents[2] / "examples" / "live_client.py"


@pytest.fixture
def server(tmp_path, cache_hub, model_files):
    del model_files  # fetched before, so that the server finds them
    port = free_port()
    serve = f"from tts_engine.cli import main; main(['serve', '--port', '{port}'])"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", serve],
            cwd=tmp_path,
            env={**os.environ, "TTS_CACHE_HUB": str(cache_hub.resolve()), "TTS_OFFLINE": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: f":{port}" in (tmp_path / "log").read_text() or process.poll() is not None, 120)
        wait_until(lambda: ask(port)["ready"], 240)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def test_the_sample_client_hears_what_it_writes_and_a_rising_heart_is_soothed(server, tmp_path):
    heard = tmp_path / "heard.wav"
    text = "今天天气很好，我们慢慢走。好吗？"
    where = ["--url", f"ws://127.0.0.1:{server}", "-o", str(heard)]
    heart = ["--policy", "soothe", "--heart-rate", "rise"]
    command = [sys.executable, str(CLIENT), text, *where, *heart]
    said = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert said.returncode == 0, said.stderr
    assert "完成 done" in said.stdout and "好吗？" in said.stdout
    waveform, rate = soundfile.read(heard)
    assert rate == 24000 and 2.0 < len(waveform) / rate < 10.0
    assert abs(waveform).max() > 0.05


@pytest.fixture
def page(synthesizer):
    """A page beside live sessions, behind the guard, in a thread; its port."""
    settings = Settings(port=free_port())
    app = FastAPI()
    app.state.desk = Desk(settings)
    app.include_router(build_live_router(settings, EngineHolder(lambda _: synthesizer), app.state.desk))
    script = resources.files("tts_engine.service.page").joinpath("live.js").read_text(encoding="utf-8")
    tab = f"<div id=tab>{live_html()}</div><script>((element) => {{{script}}})(tab)</script>"
    app.add_api_route("/", lambda: HTMLResponse(f"<html><body>{tab}</body></html>"))
    protect(app, settings, app.state.desk.metrics)
    server = uvicorn.Server(uvicorn.Config(app, port=settings.port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield settings.port
    server.should_exit = True
    thread.join(20)


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium here")
def test_the_client_of_pages_speaks_and_falls_silent_when_interrupted(page):
    browser = Chromium()
    try:
        browser.open(f"http://127.0.0.1:{page}/")
        browser.wait_for("document.readyState === 'complete' && location.port")
        told = browser.evaluate(
            """(async () => {
              const { LiveSpeech } = await import("/v1/audio/speech/live.js");
              const kinds = [], live = new LiveSpeech({ onEvent: (event) => kinds.push(event.type) });
              await live.open({ emotion: "gentle", policy: "soothe" });
              live.say("你好。"); live.state({ heart_rate: 90 }); live.flush();
              while (!kinds.includes("flushed")) await new Promise((go) => setTimeout(go, 50));
              const playing = live.playing.size;
              live.cancel();
              const silent = live.playing.size === 0;
              await live.end();
              return JSON.stringify({ kinds, playing, silent });
            })()"""
        )
    finally:
        browser.close()
    found = json.loads(told)
    assert {"started", "configured", "listener", "ready", "clause", "flushed", "cancelled", "done"} <= set(
        found["kinds"]
    )
    assert found["playing"] > 0 and found["silent"]


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium here")
def test_the_tab_speaks_shows_what_it_does_and_opens_an_ended_session_anew(page):
    part = "tab.querySelector('[data-part={}]')".format
    browser = Chromium()
    try:
        browser.open(f"http://127.0.0.1:{page}/")
        browser.wait_for(f"!!{part('text')}")
        browser.evaluate(f"{part('text')}.value = '你好。'")
        for _ in range(2):
            browser.evaluate(f"{part('log')}.replaceChildren()")
            browser.evaluate("tab.querySelector('[data-act=speak]').click()")
            browser.wait_for("tab.querySelector('.tts-live-clause')?.innerText.startsWith('你好。 — ')")
            browser.evaluate("tab.querySelector('[data-act=end]').click()")
            browser.wait_for(f"!('on' in {part('state')}.dataset)")
            assert browser.evaluate("tab.querySelectorAll('.tts-live-error').length") == 0
    finally:
        browser.close()


def test_pages_of_other_sites_are_refused(page):
    async def come() -> None:
        async with connect(f"ws://127.0.0.1:{page}{PATH}", origin="http://elsewhere.example"):  # type: ignore[arg-type]
            pass

    with pytest.raises(InvalidStatus) as caught:
        asyncio.run(come())
    assert caught.value.response.status_code == 403
