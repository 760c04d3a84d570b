"""API keys: several, named, revocable, and never stored.

A key is ``tts_<id>_<secret>`` with 32 random bytes as its secret. The file keeps the id, a name, and a salted SHA-256
of the secret. Why no slow hash (scrypt): those protect what people choose, by making each guess dear; a secret of 256
random bits cannot be guessed at any price, and a slow hash on every request would be a lever for whoever wants to
overload the server. The salt keeps two files from being compared.

The file stands in the data folder with mode 0600 and is replaced as a whole, so a running server sees either the old
keys or the new. It looks at the file's identity on every request (one ``stat``), so a key is revoked at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from ..errors import AccessError, ConfigError, ControlError

FILE = "keys.json"
_FORM = re.compile(r"tts_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
_MOST_NAME = 64


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key.

    Attributes:
        id: its public part, for lists, logs and metrics.
        name: what its owner calls it.
        salt: of the hash, hex.
        digest: SHA-256 of salt and secret, hex.
        created: when, ISO 8601, UTC.
        requests_per_minute: its own limit; None for the server's.
        revoked: when it was revoked; None while it is good.
    """

    id: str
    name: str
    salt: str
    digest: str
    created: str
    requests_per_minute: int | None = None
    revoked: str | None = None


class KeyFile:
    """The keys of one deployment. Safe to use from several threads and processes.

    Args:
        folder: data folder; made when the first key is.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, ApiKey] = {}

    def keys(self) -> tuple[ApiKey, ...]:
        """All keys, revoked ones too, oldest first.

        Raises:
            ConfigError: the file cannot be read.
        """
        return tuple(self._read().values())

    @property
    def has_any(self) -> bool:
        """Whether there is a key that works."""
        return any(key.revoked is None for key in self.keys())

    def check(self, presented: str) -> ApiKey:
        """The key that was presented.

        Raises:
            AccessError: it is not a key of this server, or was revoked.
        """
        found = _FORM.fullmatch(presented)
        key = self._read().get(found[1]) if found else None
        if found is None or key is None or not hmac.compare_digest(_digest(key.salt, found[2]), key.digest):
            raise AccessError("密钥无效。This API key is not valid here.", code="key_invalid")
        if key.revoked is not None:
            raise AccessError(f"密钥 {key.id} 已被撤销。The API key {key.id} was revoked.", code="key_revoked")
        return key

    def good(self, key_id: str) -> ApiKey | None:
        """The key with this id, if it still works."""
        key = self._read().get(key_id)
        return key if key is not None and key.revoked is None else None

    def create(self, name: str, *, requests_per_minute: int | None = None) -> tuple[ApiKey, str]:
        """A new key, and its full text, which nobody can find out later.

        Raises:
            ControlError: the name or the limit is not allowed.
            ConfigError: the file cannot be written.
        """
        if not name.strip() or len(name) > _MOST_NAME or not name.isprintable():
            raise ControlError(
                f"密钥名称应为 1–{_MOST_NAME} 个可见字符，收到 {name!r}。"
                f"The name of a key has 1 to {_MOST_NAME} printable characters, got {name!r}.",
                option="name",
                value=name,
            )
        if requests_per_minute is not None and requests_per_minute < 1:
            raise ControlError(
                f"每分钟请求数至少为 1，收到 {requests_per_minute}。"
                f"requests per minute must be at least 1, got {requests_per_minute}.",
                option="rate",
                value=requests_per_minute,
            )
        with self._changing() as keys:
            key_id = secrets.token_hex(4)
            while key_id in keys:
                key_id = secrets.token_hex(4)
            salt, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
            keys[key_id] = ApiKey(key_id, name, salt, _digest(salt, secret), _now(), requests_per_minute)
        return keys[key_id], f"tts_{key_id}_{secret}"

    def revoke(self, which: str) -> ApiKey:
        """Revokes the key with this id, or the only good one with this name.

        Raises:
            ControlError: there is none, or several have the name.
        """
        with self._changing() as keys:
            good = [key for key in keys.values() if key.revoked is None]
            found = [key for key in good if key.id == which] or [key for key in good if key.name == which]
            if not found:
                names = ", ".join(f"{key.id} ({key.name})" for key in good) or "-"
                raise ControlError(
                    f"没有可撤销的密钥 {which!r}，现有：{names}。"
                    f"There is no key {which!r} to revoke; there are: {names}.",
                    code="key_unknown",
                    option="key",
                )
            if len(found) > 1:
                raise ControlError(
                    f"有 {len(found)} 个密钥名为 {which!r}，请用 id：{', '.join(key.id for key in found)}。"
                    f"{len(found)} keys are called {which!r}: name one by its id.",
                    option="key",
                    value=which,
                )
            revoked = replace(found[0], revoked=_now())
            keys[revoked.id] = revoked
        return revoked

    def _read(self) -> dict[str, ApiKey]:
        with self._lock:
            try:
                status = self.path.stat()
                seen = (status.st_mtime_ns, status.st_size, status.st_ino)
                if seen != self._seen:
                    rows = json.loads(self.path.read_text(encoding="utf-8"))["keys"]
                    self._keys = {row["id"]: ApiKey(**row) for row in rows}
                    self._seen = seen
            except FileNotFoundError:
                self._seen, self._keys = None, {}
            except (OSError, ValueError, TypeError, KeyError) as error:  # never serve by half a list
                raise ConfigError(
                    f"无法读取密钥文件 {self.path}：{error}。The key file cannot be read: restore it, or delete it and"
                    " create the keys anew.",
                    code="keys_unreadable",
                ) from error
            return dict(self._keys)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ApiKey]]:
        """The keys by id, to be changed; written back as a whole."""
        from filelock import FileLock

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self.path.with_suffix(".lock"), timeout=30, mode=0o600):
                keys = self._read()
                yield keys
                draft = self.path.with_suffix(f".{os.getpid()}.part")
                draft.unlink(missing_ok=True)
                handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump({"keys": [asdict(key) for key in keys.values()]}, file, ensure_ascii=False, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(self.path)
        except OSError as error:
            raise ConfigError(
                f"无法写入密钥文件 {self.path}：{error.strerror}，请检查数据目录 TTS_DATA 的权限。"
                f"The key file cannot be written: check the data folder (TTS_DATA).",
                code="keys_unwritable",
            ) from error


def _digest(salt: str, secret: str) -> str:
    return hashlib.sha256(f"{salt}:{secret}".encode()).hexdigest()


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
