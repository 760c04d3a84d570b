"""The client rule for servers behind a balancer (docs/nodes.md): what to send again, when, and when to stop.

    python examples/patient_client.py http://127.0.0.1:8080 "你好，世界。" hello.mp3

Speaking changes nothing on a server, and the same request gives the same sound on every node, so it may be sent again:

1. Send again after a connection that failed or broke off (also in the middle of the answer), and after 429, 502, 503
   and 504. Any other status is an answer: sending it again would change nothing.
2. Wait as long as ``Retry-After`` says; where it is missing, 0.5 s, then twice as long each time up to 8 s, by chance a
   little more or less, so that not all come back at once.
3. Give up after eight times.
4. Throw away what came of an answer that broke off, or, in a player, skip so many bytes of the new one.

``openai.OpenAI(max_retries=8)`` keeps 1 to 3 by itself.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

PASSING = frozenset({429, 502, 503, 504})
TRIES = 8
OnRetry = Callable[[str], None]


def speak(
    client: httpx.Client, body: Mapping[str, Any], *, tries: int = TRIES, on_retry: OnRetry = lambda _why: None
) -> bytes:
    """The whole answer of ``POST /v1/audio/speech``.

    Args:
        client: with the address of the balancer as ``base_url``, and the key among its headers.
        body: the request.
        tries: how often it is sent at most.
        on_retry: told why it is sent again.

    Raises:
        httpx.HTTPStatusError: the server answered that it will not, or still could not at the last try.
        httpx.TransportError: the connection failed at the last try.
    """
    for number in range(1, tries + 1):
        wait_s = min(8.0, 0.5 * 2 ** (number - 1)) * random.uniform(0.8, 1.2)
        try:
            answer = client.post("/v1/audio/speech", json=dict(body))
        except httpx.TransportError as error:  # refused, reset, or broken off before the end of the answer
            if number == tries:
                raise
            on_retry(type(error).__name__)
        else:
            if answer.status_code not in PASSING or number == tries:
                return answer.raise_for_status().content
            wait_s = float(answer.headers.get("retry-after", wait_s))
            on_retry(str(answer.status_code))
        time.sleep(wait_s)
    raise AssertionError("unreachable: the last try returns or raises")


def main() -> None:
    """Speaks one text into one file."""
    address, text, file = sys.argv[1:4]
    with httpx.Client(base_url=address, timeout=httpx.Timeout(600.0, connect=5.0)) as client:
        body = {"model": "tts-1", "voice": "zf_xiaoxiao", "input": text, "response_format": Path(file).suffix[1:]}
        Path(file).write_bytes(speak(client, body, on_retry=lambda why: print(f"again: {why}", file=sys.stderr)))


if __name__ == "__main__":
    main()
