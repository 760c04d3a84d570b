"""Settings of a deployment: the only reader of environment variables.

Command line, server and the convenience function ``synthesize`` take their folders and limits from here; the core
gets them as plain arguments. Every variable starts with ``TTS_``; ``HF_ENDPOINT`` is honoured because users of model
hubs have it set already.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .acoustic.device import check_device
from .acoustic.precision import check_precision
from .audio.labelling import DEFAULT_PRODUCER, Labelling, check_producer, parse_audible
from .errors import ConfigError, ControlError, near_matches

PREFIX = "TTS_"

#: Read by the start scripts before there is a Python to read them; ``TTS_TEST_*`` are those of the tests.
OF_SCRIPTS = ("TTS_PYTHON", "TTS_NO_UV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are and how much is allowed.

    Attributes:
        cache_hub: folder of the models (``TTS_CACHE_HUB``).
        outputs: folder of the results (``TTS_OUTPUTS``).
        voices: folder of one's own voices (``TTS_VOICES``).
        refused_names: file with more names that no voice may be made of (``TTS_REFUSED_NAMES``).
        lexicon: YAML or CSV file of readings for every text, read again when it changes (``TTS_LEXICON``).
        model: model to use, ``name`` or ``name@version``; None for the one chosen by ``tts-engine models use``.
        decoder: ``fast``, or the file of a tuned or a fast decoder (``TTS_DECODER``); None for the model's own.
        threads: processor threads of the engine (``TTS_THREADS``); None lets it choose.
        device: where the network is computed: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` (``TTS_DEVICE``).
        precision: in which numbers the processor computes the model's own decoder: ``float32``, ``int8``, or ``auto``
            for the faster one by a test that is made once and kept; ``small`` for least memory (``TTS_PRECISION``).
        offline: never touch the network (``TTS_OFFLINE=1``).
        hub_endpoint: base address of the model hub (``TTS_HUB_ENDPOINT`` or ``HF_ENDPOINT``).
        host: address that the server binds (``TTS_HOST``).
        port: port that the server binds (``TTS_PORT``).
        max_characters: longest text that the server accepts in one request (``TTS_MAX_CHARACTERS``).
        data: folder of what the server keeps: API keys (``TTS_DATA``).
        require_keys: ask for an API key on the loopback too (``TTS_REQUIRE_KEYS=1``); elsewhere it is always asked for.
        allowed_hosts: host names under which the server may be addressed beside its own, comma-separated, for instance
            the public name behind a reverse proxy (``TTS_ALLOWED_HOSTS``).
        cors_origins: web sites whose pages may call the API, comma-separated, ``https://example.org``
            (``TTS_CORS_ORIGINS``); none by default.
        requests_per_minute: what one key may ask for, unless the key says otherwise (``TTS_REQUESTS_PER_MINUTE``).
        slots: sentences that are rendered at the same time (``TTS_SLOTS``); None lets the processors decide.
        queue_size: requests that wait or run at the same time; more are refused (``TTS_QUEUE_SIZE``).
        deadline_s: seconds within which every sentence of a request must get its turn (``TTS_DEADLINE_S``).
        max_body_mb: largest body of a request that uploads no file, MB (``TTS_MAX_BODY_MB``).
        max_upload_mb: largest upload, MB (``TTS_MAX_UPLOAD_MB``).
        broker_url: Redis of the queue that batch jobs go through, ``redis://host:6379/0`` (``TTS_BROKER_URL``); None
            for workers of this machine alone. Never shown, since it may hold a password.
        storage: where workers put finished files, a folder or ``s3://…`` (``TTS_STORAGE``); None for the job's folder.
        task_limit_s: seconds that a worker may take for one task (``TTS_TASK_LIMIT_S``).
        visibility_timeout_s: seconds after which a task that no worker has finished is given to another
            (``TTS_VISIBILITY_TIMEOUT_S``); None for a little more than a task may take.
        llm_base_url: OpenAI-compatible endpoint of a language model, ``https://…/v1`` (``TTS_LLM_BASE_URL``).
        llm_model: name of the model there (``TTS_LLM_MODEL``).
        llm_api_key: its key, never shown (``TTS_LLM_API_KEY``).
        llm_timeout_s: seconds for one answer (``TTS_LLM_TIMEOUT_S``).
        llm_extra: further fields of every request as a JSON object, ``{"enable_thinking": false}`` (``TTS_LLM_EXTRA``).
        prompts: folder with one's own instructions to the model for ``tts-engine write`` (``TTS_PROMPTS``).
        prices: price table of language models (``TTS_PRICES``); None for ``prices.json`` in ``data``, if it is there.
        shutdown_grace_s: seconds that running requests get when the server is stopped (``TTS_SHUTDOWN_GRACE_S``).
        label: whether files and streams carry the metadata mark of synthetic audio (``TTS_LABEL=0`` leaves it out).
        label_producer: who the mark names as producer (``TTS_LABEL_PRODUCER``).
        label_audible: mark that is heard: ``none``, ``spoken``, ``tones``, with ``:start``, ``:end`` or ``:both``
            (``TTS_LABEL_AUDIBLE``).
    """

    cache_hub: Path = Path("cache_hub")
    outputs: Path = Path("outputs")
    voices: Path = Path("voices")
    refused_names: Path | None = None
    lexicon: Path | None = None
    model: str | None = None
    decoder: Path | None = None
    threads: int | None = None
    device: str = "auto"
    precision: str = "auto"
    offline: bool = False
    hub_endpoint: str | None = "https://huggingface.co"
    host: str = "127.0.0.1"
    port: int = 7860
    max_characters: int = 20_000
    data: Path = Path("data")
    require_keys: bool = False
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    requests_per_minute: int = 120
    slots: int | None = None
    queue_size: int = 64
    deadline_s: int = 3600
    max_body_mb: int = 16
    max_upload_mb: int = 25
    shutdown_grace_s: int = 8
    broker_url: str | None = field(default=None, repr=False)
    storage: str | None = None
    task_limit_s: int = 600
    visibility_timeout_s: int | None = None
    llm_base_url: str | None = None
    llm_model: str | None = None
    llm_api_key: str | None = field(default=None, repr=False)
    llm_timeout_s: int = 20
    llm_extra: str = "{}"
    prompts: Path | None = None
    prices: Path | None = None
    label: bool = True
    label_producer: str = DEFAULT_PRODUCER
    label_audible: str = "none"

    @property
    def llm_fields(self) -> dict[str, Any]:
        """``llm_extra`` as fields."""
        return dict(json.loads(self.llm_extra))

    @property
    def labelling(self) -> Labelling:
        """How audio is labelled, as the core takes it."""
        audible, place = parse_audible(self.label_audible)
        return Labelling(metadata=self.label, producer=self.label_producer, audible=audible, place=place)


_FOLDERS = ("cache_hub", "outputs", "data", "voices", "refused_names", "lexicon", "decoder", "prompts", "prices")
_FLAGS = ("offline", "require_keys", "label")
_LISTS = ("allowed_hosts", "cors_origins")
_WHOLE_NUMBERS = {
    "threads": (1, 1024),
    "port": (1, 65535),
    "max_characters": (1, 10_000_000),
    "requests_per_minute": (1, 1_000_000),
    "slots": (1, 64),
    "queue_size": (1, 10_000),
    "deadline_s": (1, 86_400),
    "max_body_mb": (1, 1024),
    "max_upload_mb": (1, 1024),
    "shutdown_grace_s": (0, 3600),
    "task_limit_s": (1, 86_400),
    "visibility_timeout_s": (1, 172_800),
    "llm_timeout_s": (1, 600),
}

#: What the core takes as it is written, and refuses in its own words.
_CHECKED: dict[str, Callable[[str], object]] = {
    "device": check_device,
    "precision": check_precision,
    "label_producer": check_producer,
    "label_audible": parse_audible,
    "llm_extra": lambda raw: json.loads(raw).items(),
}

NAMES = tuple(one.name for one in fields(Settings))


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
    if name in _FOLDERS:
        return Path(raw).expanduser()
    if name in _WHOLE_NUMBERS:
        least, most = _WHOLE_NUMBERS[name]
        if not raw.isdecimal() or not least <= int(raw) <= most:
            raise ConfigError(
                f"{key} must be a whole number from {least} to {most}, got {raw!r}", setting=key, value=raw
            )
        return int(raw)
    if name in _CHECKED:
        try:
            _CHECKED[name](raw)
        except ControlError as error:
            raise ConfigError(f"{key}: {error.message}", setting=key, value=raw) from error
        except (ValueError, AttributeError):
            raise ConfigError(f"{key} must be a JSON object, got {raw!r}", setting=key, value=raw) from None
        return raw
    if name in _FLAGS:
        flags = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if raw.lower() not in flags:
            raise ConfigError(f"{key} must be 1 or 0, got {raw!r}", setting=key, value=raw)
        return flags[raw.lower()]
    if name in _LISTS:
        return tuple(filter(None, (part.strip().rstrip("/").lower() for part in raw.split(","))))
    return raw
