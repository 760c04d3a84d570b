"""The connection to Redis, its failures in words, and what the extra ``[queue]`` needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...errors import BrokerError, ConfigError, FeatureMissingError

if TYPE_CHECKING:
    from redis import Redis

INSTALL = "pip install 'tts-engine[queue]'"
SCHEMES = ("redis", "rediss")
_TIMEOUT_S = 5.0


def need_extra(*modules: str) -> None:
    """Goes on only where the extra is installed.

    Raises:
        FeatureMissingError: it is not; says how to install it.
    """
    missing = [name for name in modules or ("celery", "redis") if find_spec(name) is None]
    if missing:
        raise FeatureMissingError(
            f"任务队列需要扩展 [queue]（缺少 {'、'.join(missing)}）：{INSTALL}。"
            f"The queue needs the extra [queue] ({', '.join(missing)} not installed): {INSTALL}",
            code="queue_missing",
            missing=missing,
        )


def checked_url(url: str) -> str:
    """The address of a Redis server.

    Raises:
        ConfigError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ConfigError(
            f"TTS_BROKER_URL 应为 redis://主机:端口/库 或 rediss://…，收到 {shown(url)!r}。"
            f"TTS_BROKER_URL must be redis://HOST:PORT/DB or rediss://..., got {shown(url)!r}.",
            setting="TTS_BROKER_URL",
        )
    return url


def shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]).geturl()


def connect(url: str) -> Redis:
    """A client of Redis; connects when it is used.

    Raises:
        ConfigError: not an address of Redis.
        FeatureMissingError: the extra is not installed.
    """
    need_extra("redis")
    import redis

    return redis.Redis.from_url(
        checked_url(url),
        decode_responses=True,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        retry=None,  # whoever asks decides what to do about a lost connection
    )


@contextmanager
def told(url: str) -> Iterator[None]:
    """Failures of Redis, and of what Celery does with it, as one error.

    Raises:
        BrokerError: Redis is not reachable, is loading, or is full.
    """
    import redis
    from kombu.exceptions import OperationalError

    try:
        yield
    except (redis.exceptions.RedisError, OperationalError, OSError) as error:
        why = str(error).strip() or type(error).__name__
        raise BrokerError(
            f"Redis（{shown(url)}）不可用：{why}。任务都还在，恢复后会继续；请检查 redis-server 和 TTS_BROKER_URL。"
            f"Redis at {shown(url)} cannot be used: {why}. Nothing is lost and work goes on when it is back; check"
            " redis-server and TTS_BROKER_URL.",
            broker=shown(url),
        ) from error


def run_of(client: Redis) -> str:
    """What tells one run of the Redis server from the next: after a restart it may have forgotten the last second."""
    info = client.info("server")
    return str(info["run_id"])
