"""How many real-time listeners one node serves, and how many nodes that means for so many users.

    python benchmarks/nodes.py streams                                 1, 2, 3, ... listeners until it is too many
    python benchmarks/nodes.py streams --most 8 --rounds 2 --first 1.0
    python benchmarks/nodes.py size --streams 3 --users 1000 --share 0.1   the arithmetic alone

``streams`` starts ``tts-engine serve`` in its own folder and asks it for texts over HTTP as players do: L listeners
at once, each plays what it gets from its first sound on. A listener is *served* when that first sound came in time and
the sound never had to stop for what was not there yet. A node has S streams when 95 % of S listeners are served.

    nodes = ceil(users * share / (0.7 * S)) + 1

share = listeners at the same time at the busiest moment, per user; 0.7 because requests come in heaps (a node that is
full on average makes half of them wait); 1 to be killed, drained or restarted while the others go on.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import PACKAGES, VOICE, Server
from benchmarks.report import describe_machine, json_line, number, table

#: Sentences of some 4 s each; a listener hears six of them.
SENTENCES = (
    "清晨的阳光透过窗帘，落在书桌的一角。",
    "他推开门，看见院子里的梨花已经开了。",
    "远处传来火车的汽笛声，一声比一声轻。",
    "我们沿着河边慢慢地走，谁也没有说话。",
    "卖豆浆的老人把招牌擦了又擦，等着客人。",
    "她把信折好，放进那只旧的铁盒子里。",
    "风从山那边吹过来，带着一点潮湿的味道。",
    "孩子们在操场上追着一只白色的气球。",
)
SENTENCES_HEARD = 6
BYTES_PER_S = 24_000 * 2
HEADROOM = 0.7
SERVED = 0.95


@dataclass(frozen=True)
class Heard:
    """What one listener heard.

    Attributes:
        first_s: from the request to the first sound.
        stopped_s: how long the sound stood still afterwards.
        audio_s: length of it.
    """

    first_s: float
    stopped_s: float
    audio_s: float


def nodes_for(users: int, share: float, streams: float) -> int:
    """Nodes for so many users, one of them to spare.

    Args:
        users: all of them.
        share: listeners at the same time at the busiest moment, per user, 0-1.
        streams: real-time listeners that one node serves.
    """
    if users < 0 or not 0.0 <= share <= 1.0 or streams <= 0:
        raise ValueError(f"users >= 0, share 0-1 and streams > 0, got {users}, {share}, {streams}")
    return math.ceil(users * share / (HEADROOM * streams) - 1e-9) + 1


def stopped_s(arrivals: list[tuple[float, int]]) -> float:
    """Seconds for which a player had nothing to play, which begins with the first bytes.

    Args:
        arrivals: when bytes came (s) and how many, in order.
    """
    stood, until_s = 0.0, None
    for at_s, size in arrivals:
        if until_s is None:
            until_s = at_s
        elif at_s > until_s:
            stood += at_s - until_s
            until_s = at_s
        until_s += size / BYTES_PER_S
    return stood


async def listen(client: Any, who: int) -> Heard:
    """One listener."""
    text = "".join(SENTENCES[(who + number) % len(SENTENCES)] for number in range(SENTENCES_HEARD))
    body = {"model": "tts-1", "voice": VOICE, "input": text, "response_format": "pcm", "seed": who}
    asked_s, arrivals = time.monotonic(), []
    async with client.stream("POST", "/v1/audio/speech", json=body) as answer:
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            arrivals.append((time.monotonic(), len(part)))
    return Heard(
        first_s=arrivals[0][0] - asked_s,
        stopped_s=stopped_s(arrivals),
        audio_s=sum(size for _, size in arrivals) / BYTES_PER_S,
    )


async def together(address: str, listeners: int, rounds: int) -> list[Heard]:
    """So many listeners at once, a few times; they begin within a second, as people do."""
    import httpx

    heard: list[Heard] = []
    async with httpx.AsyncClient(base_url=address, timeout=300.0, trust_env=False) as client:
        for turn in range(rounds):

            async def begin(place: int, turn: int = turn) -> Heard:
                await asyncio.sleep(place / listeners)
                return await listen(client, turn * listeners + place)

            heard += await asyncio.gather(*(begin(place) for place in range(listeners)))
    return heard


def measure(arguments: argparse.Namespace) -> None:
    """Prints a table, the number of streams, and a last line for machines."""
    folder = Path(tempfile.mkdtemp(prefix="tts-nodes-"))
    server = Server(folder, queue=64)
    rows, results, streams = [], {}, 0
    try:
        asyncio.run(together(server.address, 1, 1))  # warm-up
        for listeners in range(1, arguments.most + 1):
            heard = asyncio.run(together(server.address, listeners, arguments.rounds))
            served = sum(one.first_s <= arguments.first and one.stopped_s <= 0.05 for one in heard) / len(heard)
            first = sorted(one.first_s for one in heard)
            rows.append([
                str(listeners), number(first[len(first) // 2], 2), number(first[-1], 2),
                number(max(one.stopped_s for one in heard), 2), f"{served:.0%}",
            ])  # fmt: skip
            results[str(listeners)] = {"served": served, "first_s": first, "stopped_s": [h.stopped_s for h in heard]}
            print(f"{listeners} listeners: {served:.0%} served", file=sys.stderr)
            if served < SERVED:
                break
            streams = listeners
        rss_mb = server.rss_mb()
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(table(("listeners", "first p50 s", "first max s", "stood still max s", "served"), rows))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    print(f"{streams} streams per node of {cores} processors ({streams / cores:.1f} each), {rss_mb:.0f} MB")
    tell_sizes(streams)
    found = {"streams": streams, "processors": cores, "first_s": arguments.first, "rss_mb": rss_mb, "levels": results}
    print(json_line("nodes", describe_machine(0, PACKAGES), found))


def tell_sizes(streams: float) -> None:
    """A table of nodes for users."""
    if not streams:
        print("not one listener is served in time here: no number of such nodes will do")
        return
    kinds = (("a book all day", 1.0), ("a companion, 1 in 10", 0.1), ("announcements, 1 in 100", 0.01))
    rows = [[name, *(str(nodes_for(users, share, streams)) for users in (10, 100, 1000))] for name, share in kinds]
    print(table(("nodes for users who listen to", "10", "100", "1000"), rows))


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("streams")
    one.add_argument("--most", type=int, default=16, help="listeners to try at most")
    one.add_argument("--rounds", type=int, default=3, help="of each number")
    one.add_argument("--first", type=float, default=1.0, help="seconds within which the first sound must come")
    one.set_defaults(act=measure)
    other = commands.add_parser("size")
    other.add_argument("--streams", type=float, required=True)
    other.add_argument("--users", type=int, required=True)
    other.add_argument("--share", type=float, default=0.1)
    other.set_defaults(act=lambda given: print(nodes_for(given.users, given.share, given.streams), "nodes"))
    arguments = parser.parse_args()
    arguments.act(arguments)


if __name__ == "__main__":
    main()
