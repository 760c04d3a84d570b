"""Talks to a live session: sends a text word by word, as a language model would, beside a (simulated) heart rate.

    tts-engine serve                                  # in another terminal
    python examples/live_client.py -o talk.wav        # writes what it hears
    python examples/live_client.py --play             # plays it (pip install sounddevice)
    python examples/live_client.py --policy soothe --heart-rate rise -o talk.wav
    echo "一段自己的文字。" | python examples/live_client.py - -o talk.wav

Every event is printed; the audio goes to the file or the loudspeaker. Needs the package websockets only. Elsewhere than
on this machine give the server's address and a key: --url wss://example.org --key tts_... (or TTS_KEY).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

SAMPLE_RATE = 24000
STORY = (
    "今天我们来聊一聊怎样让自己慢下来。很多人觉得，休息就是什么都不做，其实并不是这样。"
    "真正的休息，是把注意力从担心的事情上挪开一会儿。你可以试着听听窗外的声音，或者只是数一数自己的呼吸。"
    "如果心里还是很乱，也没有关系，慢慢来。等你觉得好一点了，我们再继续往下说。"
)
RATES = {
    "rest": lambda t: 66.0,
    "rise": lambda t: 66.0 + 40.0 * min(1.0, max(0.0, (t - 4.0) / 8.0)),
    "wave": lambda t: 80.0 + 25.0 * math.sin(t / 6.0),
}


def tokens(text: str) -> Iterator[str]:
    """The text in pieces of one to three characters."""
    at, size = 0, 0
    while at < len(text):
        size = size % 3 + 1
        yield text[at : at + size]
        at += size


class Speaker:
    """Plays or keeps 16-bit samples."""

    def __init__(self, file: Path | None, plays: bool) -> None:
        self._file = wave.open(str(file), "wb") if file else None  # noqa: SIM115 - closed in close()
        if self._file:
            self._file.setnchannels(1)
            self._file.setsampwidth(2)
            self._file.setframerate(SAMPLE_RATE)
        self._device: Any = None
        if plays:
            import sounddevice

            self._device = sounddevice.RawOutputStream(SAMPLE_RATE, channels=1, dtype="int16")
            self._device.start()

    def write(self, samples: bytes) -> None:
        """Takes the next samples."""
        if self._file:
            self._file.writeframes(samples)
        if self._device:
            self._device.write(samples)

    def close(self) -> None:
        """Ends the file, lets the last samples be heard."""
        if self._file:
            self._file.close()
        if self._device:
            self._device.stop()


async def write_text(socket: ClientConnection, text: str, per_second: float) -> None:
    """Sends the text as a writer would, then ends the session."""
    for piece in tokens(text):
        await socket.send(json.dumps({"type": "text", "text": piece}))
        await asyncio.sleep(len(piece) / per_second)
    await socket.send(json.dumps({"type": "end"}))


async def measure_heart(socket: ClientConnection, kind: str) -> None:
    """Sends a simulated heart rate every second until it is stopped."""
    began = time.monotonic()
    while True:
        rate = RATES[kind](time.monotonic() - began)
        await socket.send(json.dumps({"type": "state", "heart_rate": round(rate, 1)}))
        await asyncio.sleep(1.0)


def show(event: dict[str, Any]) -> None:
    """One line per event."""
    kind = event["type"]
    if kind == "clause":
        moves = f"速度 {event['speed']:.2f} 音高 {event['pitch_shift_st']:+.1f} 音量 {event['volume_db']:+.1f}"
        meant = f"[{event['emotion_zh']}; {moves}; 等待 {event['latency_s']:.2f} s]"
        print(f"{event['begin_s']:7.2f} s  {event['text'].strip()}  {meant}")
    elif kind == "listener" and event["decision"] != "reading":
        print(f"           听者 listener: {event['text']}")
    elif kind in ("warning", "error"):
        print(f"           {kind}: {event.get('message') or event['error']['message']}", file=sys.stderr)
    elif kind == "done":
        print(f"           完成 done: {event['audio_s']:.1f} s, {event['characters']} characters, log {event['log']}")


async def talk(given: argparse.Namespace, text: str) -> int:
    """One session from beginning to end; the exit status."""
    headers = {"Authorization": f"Bearer {given.key}"} if given.key else {}
    url = given.url.rstrip("/") + "/v1/audio/speech/stream"
    speaker = Speaker(given.output, given.play)
    async with connect(url, additional_headers=headers, max_size=None) as socket:
        settings = {
            "voice": given.voice,
            "emotion": given.emotion,
            "instructions": given.instructions,
            "policy": given.policy,
            "resting_heart_rate": 66,
        }
        await socket.send(json.dumps({"type": "config", **{name: v for name, v in settings.items() if v is not None}}))
        tasks = [asyncio.create_task(write_text(socket, text, given.per_second))]
        if given.policy != "off":
            tasks.append(asyncio.create_task(measure_heart(socket, given.heart_rate)))
        failed = False
        async for message in socket:
            if isinstance(message, bytes):
                await asyncio.to_thread(speaker.write, message)
            else:
                event = json.loads(message)
                failed = failed or (event["type"] == "error" and event["is_fatal"])
                show(event)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    speaker.close()
    return 1 if failed else 0


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="?", help="what to say; - reads it from the standard input; empty: an example")
    parser.add_argument("--url", default="ws://127.0.0.1:7860")
    parser.add_argument("--key", default=os.environ.get("TTS_KEY"), help="API key, where the server needs one")
    parser.add_argument("--voice")
    parser.add_argument("--emotion", default="auto")
    parser.add_argument("--instructions", help="plain directions, for instance 温柔一点，慢慢说")
    parser.add_argument("--policy", choices=("off", "soothe", "mirror", "energize"), default="off")
    parser.add_argument("--heart-rate", choices=tuple(RATES), default="rise", help="the simulated heart")
    parser.add_argument("--per-second", type=float, default=12.0, help="characters that the writer writes per second")
    parser.add_argument("-o", "--output", type=Path, help="WAV file to write")
    parser.add_argument("--play", action="store_true", help="play it")
    given = parser.parse_args()
    text = sys.stdin.read() if given.text == "-" else given.text or STORY
    try:
        return asyncio.run(talk(given, text))
    except OSError as error:
        message = f"无法连接 {given.url}：{error}。请先运行 tts-engine serve。Cannot connect; is the server running?"
        print(message, file=sys.stderr)
        return 69


if __name__ == "__main__":
    raise SystemExit(main())
