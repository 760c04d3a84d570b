"""A server under load: many clients over the loopback, and whether each got its own text, whole and in time.

    python benchmarks/load.py                               1, 4, 16 and 64 clients, a minute each
    python benchmarks/load.py --clients 1,16 --seconds 20   a quick look
    python benchmarks/load.py --seconds 20 --queue 16       a short queue: more refusals, shorter waits
    python benchmarks/load.py --streams 1,2,3,4 --seconds 20    listeners in real time, in one process and over HTTP

Starts ``tts-engine serve`` in a folder of its own. Before, every text is rendered offline in this process; since the
same text, voice and seed give the same samples, an answer that is not its own text's rendering (another text, two texts
mixed, a piece missing) is seen at once: ``mixed``. A client whose request is refused (429) waits as long as
``Retry-After`` says, as a well-behaved program does. ``lost`` is what was neither answered nor refused.

With ``--streams``: listeners who hear texts of 50 to 60 characters one after another and take sound at most two
seconds ahead of their ear, through the server's desk in this process and then over HTTP. A number is held when 95 % of
the texts begin within ``--target`` and nobody ever waits in the middle. spread = sound of the listener who got least by
that of the one who got most.

latency = from the request to the last byte, ttfa = to the first byte of sound, both of answered requests; when the time
is up, nothing new is asked for and what runs is waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.listeners import Serve, in_process, listen, percentile
from benchmarks.report import describe_machine, json_line, number, table

PACKAGES = ("tts-engine", "onnxruntime", "uvicorn", "fastapi", "httpx")
VOICE = "zf_xiaoxiao"
TEXTS = (
    "今天天气很好。", "我们明天见。", "请把窗户关上。", "火车八点出发。", "他笑了笑，没有回答。", "这本书我看过。",
    "晚饭吃什么？", "路上小心。", "电话响了三声。", "雨停了，太阳出来了。", "你说得对。", "别忘了带钥匙。",
)  # fmt: skip
PATIENCE_S = 300.0


@dataclass
class Level:
    """What happened with so many clients.

    Attributes:
        clients: how many.
        latency_s: of the answered requests.
        ttfa_s: of the answered requests.
        refused: answers 429 or 503 with Retry-After.
        mixed: answers that are not the rendering of their own text.
        lost: what the first failures were, where neither sound nor a refusal came.
        audio_s: seconds of sound received.
        seconds: how long it took, the end of the last request included.
    """

    clients: int
    latency_s: list[float] = field(default_factory=list)
    ttfa_s: list[float] = field(default_factory=list)
    refused: int = 0
    mixed: int = 0
    lost: list[str] = field(default_factory=list)
    audio_s: float = 0.0
    seconds: float = 0.0
    rss_mb: float = 0.0


def references() -> dict[str, NDArray[np.float32]]:
    """Every text, rendered without a server."""
    from tts_engine.api import load_synthesizer
    from tts_engine.options import SynthesisOptions
    from tts_engine.settings import load_settings

    synthesizer = load_synthesizer(load_settings()[0])
    made = {}
    for text in TEXTS:
        waveform = synthesizer.synthesize(text, SynthesisOptions(voice=VOICE, seed=0)).waveform
        assert waveform is not None
        made[text] = waveform
    return made


def is_own(pcm: bytes, reference: NDArray[np.float32]) -> bool:
    """Whether 16-bit samples are this rendering, up to their rounding."""
    heard = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0
    return len(heard) == len(reference) and bool(np.abs(heard - reference).max() < 2.5 / 32768.0)


async def load(address: str, clients: int, seconds: float, made: dict[str, NDArray[np.float32]]) -> Level:
    """So many clients at once, each asking again as soon as it was answered."""
    import httpx

    level = Level(clients)
    began_s = time.monotonic()
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, limits=limits, trust_env=False) as client:

        async def ask(number: int) -> None:
            turn = number
            while time.monotonic() - began_s < seconds:
                text = TEXTS[turn % len(TEXTS)]
                turn += 1
                wait_s = await _request(client, text, made[text], level)
                if wait_s:
                    left_s = seconds - (time.monotonic() - began_s)
                    await asyncio.sleep(max(0.0, min(wait_s, left_s)))

        await asyncio.gather(*(ask(number) for number in range(clients)))
    level.seconds = time.monotonic() - began_s
    return level


async def _request(client: Any, text: str, reference: NDArray[np.float32], level: Level) -> float:
    """One request; the seconds that the server asks to wait before the next."""
    import httpx

    body = {"model": "tts-1", "voice": VOICE, "input": text, "response_format": "pcm", "seed": 0}
    asked_s, first_s, received = time.monotonic(), None, bytearray()
    try:
        async with client.stream("POST", "/v1/audio/speech", json=body) as answer:
            if answer.status_code in (429, 503):
                level.refused += 1
                return float(answer.headers["retry-after"])
            async for part in answer.aiter_bytes():
                first_s = first_s or time.monotonic()
                received += part
            if answer.status_code != 200:
                level.lost.append(f"{answer.status_code} {bytes(received[:200])!r}")
                return 1.0
    except (httpx.HTTPError, KeyError) as error:
        level.lost.append(repr(error))
        return 1.0
    level.latency_s.append(time.monotonic() - asked_s)
    level.ttfa_s.append((first_s or time.monotonic()) - asked_s)
    level.audio_s += len(received) / 2 / 24_000
    level.mixed += not is_own(bytes(received), reference)
    return 0.0


class Server:
    """``tts-engine serve`` as a process in a folder of its own."""

    def __init__(self, folder: Path, queue: int) -> None:
        from tts_engine.settings import load_settings

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{port}"
        environ = {"TTS_CACHE_HUB": str(load_settings()[0].cache_hub.absolute()), "TTS_QUEUE_SIZE": str(queue)}
        command = [sys.executable, "-c", "from tts_engine.cli import main; main()", "serve", "--port", str(port)]
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, env={**os.environ, **environ}, stderr=log)
        deadline = time.monotonic() + 120
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.2)

    def rss_mb(self) -> float:
        """Memory that the process holds now, MB; NaN where the system does not tell."""
        return _rss_mb(self.process.pid)

    def measured(self, series: str) -> float:
        """A value of ``/metrics``."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=30) as answer:
            found = re.search(rf"^{re.escape(series)} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def close(self) -> int:
        """Stops it as a service manager would; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health/ready", timeout=5):
                return True
        except OSError:
            return False


def over_http(address: str) -> Serve:
    """The server at ``address``, as a listener's player uses it."""
    import httpx

    client = httpx.Client(base_url=address, timeout=PATIENCE_S, trust_env=False)

    def serve(number: int, text: str) -> Iterator[float]:
        body = {"model": "tts-1", "voice": VOICE, "input": text, "response_format": "pcm", "seed": number}
        with client.stream("POST", "/v1/audio/speech", json=body) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                yield len(part) / 2 / 24_000

    return serve


def spoken_texts() -> list[str]:
    """Two sentences each."""
    from benchmarks.streaming import SENTENCES

    return ["".join(pair) for pair in zip(SENTENCES, SENTENCES[1:] + SENTENCES[:1], strict=True)]


def measure_streams(counts: list[int], seconds: float, target_s: float, queue: int) -> dict[str, dict[str, Any]]:
    """What so many listeners had, in this process and over HTTP."""
    from tts_engine.api import load_synthesizer
    from tts_engine.options import SynthesisOptions
    from tts_engine.settings import load_settings

    def try_out(where: str, serve: Serve, rss_mb: Callable[[], float]) -> None:
        listen(serve, lines, 1, 0.1)  # warm-up
        before_mb = rss_mb()
        for count in counts:
            heard = listen(serve, lines, count, seconds)
            firsts = [percentile(ear.first_s, 50) for ear in heard.ears]
            found[f"{where} {count}"] = {
                "where": where, "streams": count, "texts": len(heard.first_s),
                "first_s": {f"p{share}": percentile(heard.first_s, share) for share in (50, 95)},
                "first_s_of_listeners": [min(firsts), max(firsts)],
                "stops": len(heard.stopped_s), "stopped_s": sum(heard.stopped_s), "spread": heard.spread,
                "failed": heard.failed[:3], "rss_mb": rss_mb(), "grown_mb": rss_mb() - before_mb,
                "is_held": heard.is_good(target_s),
            }  # fmt: skip
            print(f"{where}, {count} listeners: {found[f'{where} {count}']}", file=sys.stderr)

    found: dict[str, dict[str, Any]] = {}
    lines = spoken_texts()
    synthesizer = load_synthesizer(load_settings()[0])
    try_out("process", in_process(synthesizer, SynthesisOptions(voice=VOICE)), lambda: _rss_mb(os.getpid()))
    del synthesizer
    folder = Path(tempfile.mkdtemp(prefix="tts-load-"))
    server = Server(folder, queue)
    try:
        try_out("http", over_http(server.address), server.rss_mb)
        server.close()
    finally:
        if server.process.poll() is None:
            server.process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return found


def streams_table(found: dict[str, dict[str, Any]]) -> str:
    """The streams as a table for people."""
    header = ("through", "streams", "texts", "first p50 s", "p95", "stops", "stopped s", "spread", "MB", "held")
    rows = [
        [
            one["where"], str(one["streams"]), str(one["texts"]), number(one["first_s"]["p50"], 2),
            number(one["first_s"]["p95"], 2), str(one["stops"]), number(one["stopped_s"], 1), number(one["spread"], 2),
            number(one["rss_mb"], 0), "yes" if one["is_held"] else "no",
        ]
        for one in found.values()
    ]  # fmt: skip
    return table(header, rows)


def _rss_mb(process: int) -> float:
    """Memory that a process holds now, MB; NaN where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def row(level: Level) -> list[str]:
    """A line of the table."""
    times = [percentile(level.latency_s, share) for share in (50, 95, 99)]
    first = [percentile(level.ttfa_s, share) for share in (50, 95)]
    pace = level.seconds / level.audio_s if level.audio_s else None
    return [
        str(level.clients), str(len(level.latency_s)), number(len(level.latency_s) / level.seconds, 2),
        *(number(value, 2) for value in times + first), number(pace),
        str(level.refused), str(len(level.lost)), str(level.mixed), number(level.rss_mb, 0),
    ]  # fmt: skip


HEADER = (
    "clients", "answered", "per s", "latency p50", "p95", "p99", "ttfa p50", "p95", "s per audio s", "refused", "lost",
    "mixed", "MB after",
)  # fmt: skip


def main() -> None:
    """Prints a table and a last line for machines; exit status 1 if anything was lost or mixed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", default="1,4,16,64")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each level")
    parser.add_argument("--queue", type=int, default=64, help="TTS_QUEUE_SIZE of the server")
    parser.add_argument("--streams", help="numbers of listeners in real time, instead of clients")
    parser.add_argument("--target", type=float, default=1.0, help="seconds to the first sound of a stream")
    arguments = parser.parse_args()
    if arguments.streams:
        counts = [int(count) for count in arguments.streams.split(",")]
        found = measure_streams(counts, arguments.seconds, arguments.target, arguments.queue)
        print(streams_table(found))
        print(json_line("streams", describe_machine(0, PACKAGES), {"target_s": arguments.target, "streams": found}))
        return
    made = references()
    folder = Path(tempfile.mkdtemp(prefix="tts-load-"))
    server = Server(folder, arguments.queue)
    levels = []
    try:
        asyncio.run(load(server.address, 1, 3.0, made))  # warm-up
        start_mb = server.rss_mb()
        for clients in map(int, arguments.clients.split(",")):
            levels.append(asyncio.run(load(server.address, clients, arguments.seconds, made)))
            levels[-1].rss_mb = server.rss_mb()
            print(f"{clients} clients: {len(levels[-1].latency_s)} answered", file=sys.stderr)
        left = server.measured('tts_queue_depth{what="interactive"}')
        wait_s = server.measured('tts_queue_wait_seconds_sum{priority="interactive"}')
        waits = server.measured('tts_queue_wait_seconds_count{priority="interactive"}')
        status = server.close()
        said = server.log.read_text()
    finally:
        if server.process.poll() is None:
            server.process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print(table(HEADER, map(row, levels)))
    print(
        f"memory {start_mb:.0f} MB after the warm-up; left in the queue {left:.0f};"
        f" mean wait of a sentence {wait_s / max(1, waits):.2f} s; exit {status}"
    )
    lost = [failure for level in levels for failure in level.lost]
    for failure in lost[:5]:
        print("LOST", failure)
    if "Traceback" in said:
        print(said)
    results = {
        str(level.clients): {
            "answered": len(level.latency_s),
            "latency_s": {f"p{share}": percentile(level.latency_s, share) for share in (50, 95, 99)},
            "ttfa_s": {f"p{share}": percentile(level.ttfa_s, share) for share in (50, 95)},
            "refused": level.refused, "lost": len(level.lost), "mixed": level.mixed, "rss_mb": level.rss_mb,
            "seconds": level.seconds, "audio_s": level.audio_s,
        }
        for level in levels
    }  # fmt: skip
    print(json_line("load", describe_machine(0, PACKAGES), {"start_mb": start_mb, "levels": results}))
    sys.exit(1 if lost or any(level.mixed for level in levels) or left else 0)


if __name__ == "__main__":
    main()
