"""How long a person waits: from opening the page to seeing it, and from a click to the first sound.

    python benchmarks/page.py [--turns 3]

Starts the server as users do, in a folder of its own, and drives a headless Chromium. In every turn the same text of
200 characters is also asked of the engine through the HTTP interface, as PCM: what comes first there is its own
time to the first clause. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "e2e")]

from chromium import Chromium  # noqa: E402
from server_process import ask, free_port, wait_until  # noqa: E402

from benchmarks.report import describe_machine, json_line, spread  # noqa: E402
from benchmarks.texts import long  # noqa: E402
from tts_engine.acoustic.engine import available_threads  # noqa: E402

_CLICK = """new Promise((done, fail) => {
    const began = performance.now(), player = document.querySelector('#tts-player');
    delete player.dataset.heard;
    const look = setInterval(() => {
        const heard = Number((player.querySelector('[data-heard]') ?? player).dataset.heard);
        if (heard > began) { clearInterval(look); done((heard - began) / 1000); }
    }, 10);
    setTimeout(() => { clearInterval(look); fail('no sound'); }, 120000);
    document.querySelector('#tts-generate').click();
})"""


def main() -> None:
    """Prints a table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    turns = parser.parse_args().turns
    text, port = long(200), free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TTS_PORT": str(port), "TTS_CACHE_HUB": str((ROOT / "cache_hub").resolve())}
        began = time.perf_counter()
        code = "from tts_engine.cli import main; main()"
        with subprocess.Popen([sys.executable, "-c", code, "serve"], cwd=folder, env=environment) as server:
            try:
                wait_until(lambda: _answers(port))
                up_s = time.perf_counter() - began
                window = Chromium()
                load_s = _load(window, port)
                wait_until(lambda: ask(port)["ready"])
                window.wait_for("!!document.querySelector('#tts-status .tts-ready')")
                rows = [_turn(window, port, text) for _ in range(turns)]
                window.close()
            finally:
                server.terminate()
    print(f"server up {up_s:.2f} s, page drawn {load_s:.2f} s (the model loads behind it)")
    for click, engine in rows:
        print(
            f"click to sound {click:.2f} s   engine's first clause {engine:.2f} s   difference {click - engine:+.2f} s"
        )
    figures = {
        "up_s": up_s,
        "load_s": load_s,
        "click_to_sound_s": spread([click for click, _ in rows]),
        "engine_first_s": spread([engine for _, engine in rows]),
        "difference_s": spread([click - engine for click, engine in rows]),
    }
    print(json_line("page", describe_machine(available_threads(), ("tts-engine", "onnxruntime", "gradio")), figures))


def _answers(port: int) -> bool:
    try:
        return bool(ask(port)["live"])
    except OSError:
        return False


def _load(window: Chromium, port: int) -> float:
    began = time.perf_counter()
    window.open(f"http://127.0.0.1:{port}/?__lang=zh")
    window.wait_for("!!document.querySelector('#tts-generate')")
    return time.perf_counter() - began


def _turn(window: Chromium, port: int, text: str) -> tuple[float, float]:
    """Seconds from the click to sound, and from the request to the first samples."""
    window.evaluate("document.querySelector('#tts-text textarea').focus()")
    window.evaluate("document.querySelector('#tts-text textarea').select()")
    window.type(text)
    time.sleep(0.5)
    click_s = float(window.evaluate(_CLICK))
    window.wait_for("!!document.querySelector('#tts-details .tts-words')", 300)
    asked = {"model": "tts-1", "input": text, "voice": "zf_xiaoxiao", "response_format": "pcm", "emotion": "auto"}
    body = json.dumps(asked)
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/audio/speech", body.encode(), {"Content-Type": "application/json"}
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=300) as answer:
        answer.read(2)
        first_s = time.perf_counter() - began
        answer.read()
    return click_s, first_s


if __name__ == "__main__":
    main()
