"""Settings of a deployment: the only reader of environment variables.

Command line, server and the convenience function ``synthesize`` take their folders and limits from here; the core
gets them as plain arguments. Every variable starts with ``TTS_``; ``HF_ENDPOINT`` is honoured because users of model
hubs have it set already.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from .errors import ConfigError, near_matches

PREFIX = "TTS_"

#: Read by the start scripts before there is a Python to read them; ``TTS_TEST_*`` are those of the tests.
OF_SCRIPTS = ("TTS_PYTHON", "TTS_NO_UV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are and how much is allowed.

    Attributes:
        cache_hub: folder of the models (``TTS_CACHE_HUB``).
        outputs: folder of the results (``TTS_OUTPUTS``).
        model: model to use, ``name`` or ``name@version``; None for the one chosen by ``tts-engine models use``.
        threads: processor threads of the engine (``TTS_THREADS``); None lets it choose.
        offline: never touch the network (``TTS_OFFLINE=1``).
        hub_endpoint: base address of the model hub (``TTS_HUB_ENDPOINT`` or ``HF_ENDPOINT``).
        host: address that the server binds (``TTS_HOST``).
        port: port that the server binds (``TTS_PORT``).
        max_characters: longest text that the server accepts in one request (``TTS_MAX_CHARACTERS``).
    """

    cache_hub: Path = Path("cache_hub")
    outputs: Path = Path("outputs")
    model: str | None = None
    threads: int | None = None
    offline: bool = False
    hub_endpoint: str | None = "https://huggingface.co"
    host: str = "127.0.0.1"
    port: int = 7860
    max_characters: int = 20_000


NAMES = tuple(field.name for field in fields(Settings))


def load_settings(environ: Mapping[str, str] | None = None) -> tuple[Settings, tuple[str, ...]]:
    """Settings from the environment, and warnings about ``TTS_*`` variables that mean nothing here.

    Raises:
        ConfigError: a variable has a value that cannot be used; names it and what is allowed.
    """
    source = os.environ if environ is None else environ
    values: dict[str, object] = {}
    if source.get("HF_ENDPOINT"):
        values["hub_endpoint"] = source["HF_ENDPOINT"].rstrip("/")
    warnings = []
    for key, raw in source.items():
        if not key.startswith(PREFIX) or key.startswith(PREFIX + "TEST_") or key in OF_SCRIPTS:
            continue
        name = key[len(PREFIX) :].lower()
        if name not in NAMES:
            near = [PREFIX + match.upper() for match in near_matches(name, NAMES)]
            warnings.append(f"unknown setting {key}" + (f"; did you mean {', '.join(near)}?" if near else ""))
        elif raw != "":
            values[name] = _parse(key, name, raw)
    return Settings(**values), tuple(warnings)  # type: ignore[arg-type]


def _parse(key: str, name: str, raw: str) -> object:
    if name in ("cache_hub", "outputs"):
        return Path(raw).expanduser()
    if name in ("threads", "port", "max_characters"):
        least, most = {"threads": (1, 1024), "port": (1, 65535), "max_characters": (1, 10_000_000)}[name]
        if not raw.isdigit() or not least <= int(raw) <= most:
            raise ConfigError(
                f"{key} must be a whole number from {least} to {most}, got {raw!r}", setting=key, value=raw
            )
        return int(raw)
    if name == "offline":
        flags = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if raw.lower() not in flags:
            raise ConfigError(f"{key} must be 1 or 0, got {raw!r}", setting=key, value=raw)
        return flags[raw.lower()]
    return raw
