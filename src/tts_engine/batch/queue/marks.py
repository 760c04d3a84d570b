"""Short notes in Redis beside the queue: who renders what now, how often it was begun, which jobs are cancelled.

All of them only save work: losing them means at most that a task is rendered twice, into the same file. So a worker
that does not reach Redis goes on without them.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

#: Seconds without a sign of life after which a task is no longer being rendered by whoever claimed it.
CLAIM_S = 15.0
#: Deliveries after which a task is given up that never came to an end: it kills its workers.
MOST_DELIVERIES = 5

_DAY_S = 24 * 3600
_DEAD = "tts:dead"
_MOST_DEAD = 10_000
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"


class Marks:
    """The notes of one deployment. Safe to use from several threads.

    Args:
        client: of Redis, from ``broker.connect``.
        claim_s: see ``CLAIM_S``.
    """

    def __init__(self, client: Redis, claim_s: float = CLAIM_S) -> None:
        self._client = client
        self.claim_s = claim_s

    @contextmanager
    def claim(self, identity: str) -> Iterator[bool]:
        """Whether this task is now ours to render; it stays so for the body, and is nobody's after it."""
        key, token, lasts_ms = f"tts:claim:{identity}", secrets.token_hex(8), int(self.claim_s * 1000)
        is_ours = True
        with _unless_away():
            is_ours = bool(self._client.set(key, token, nx=True, px=lasts_ms))
        if not is_ours:
            yield False
            return
        over = threading.Event()

        def renew() -> None:
            while not over.wait(self.claim_s / 3):
                with _unless_away():
                    self._client.eval(_RENEW, 1, key, token, lasts_ms)

        thread = threading.Thread(target=renew, name="claim", daemon=True)
        thread.start()
        try:
            yield True
        finally:
            over.set()
            thread.join()
            with _unless_away():
                self._client.eval(_RELEASE, 1, key, token)

    def begin(self, identity: str) -> int:
        """How often this task was begun, this time included, without coming to an end."""
        key, count = f"tts:begun:{identity}", 1
        with _unless_away():
            count = int(self._client.incr(key))
            self._client.expire(key, _DAY_S)
        return count

    def end(self, identity: str) -> None:
        """The task came to an end."""
        with _unless_away():
            self._client.delete(f"tts:begun:{identity}")

    def cancel(self, job: str) -> None:
        """No worker renders anything of this job from now on; fails where Redis is away, as all that senders call."""
        self._client.set(f"tts:cancelled:{job}", "1", ex=7 * _DAY_S)

    def allow(self, job: str) -> None:
        """The job may be rendered (again)."""
        self._client.delete(f"tts:cancelled:{job}")

    def is_cancelled(self, job: str) -> bool:
        """Whether the job was cancelled."""
        is_cancelled = False
        with _unless_away():
            is_cancelled = bool(self._client.exists(f"tts:cancelled:{job}"))
        return is_cancelled

    def bury(self, job: str, line: int, number: int, error: dict[str, Any]) -> None:
        """Notes a task that failed for good, without its text."""
        letter = {"job": job, "line": line, "task": number, "error": error, "at_s": round(time.time(), 1)}
        with _unless_away():
            pipe = self._client.pipeline()
            pipe.lpush(_DEAD, json.dumps(letter, ensure_ascii=False))
            pipe.ltrim(_DEAD, 0, _MOST_DEAD - 1)
            pipe.execute()

    def dead(self, limit: int = 100) -> list[dict[str, Any]]:
        """Tasks that failed for good on any worker, the newest first."""
        return [json.loads(letter) for letter in self._client.lrange(_DEAD, 0, limit - 1)]

    def forget_dead(self) -> int:
        """Empties that list; the number of its entries."""
        count = int(self._client.llen(_DEAD))
        self._client.delete(_DEAD)
        return count


@contextmanager
def _unless_away() -> Iterator[None]:
    """Goes on without the notes where Redis is not reachable."""
    import redis

    try:
        yield
    except (redis.exceptions.RedisError, OSError) as error:
        logger.debug("no notes: %s", error)
