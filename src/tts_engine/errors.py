"""The exceptions of the package, and what each means outside Python.

    TTSError
    ├── ConfigError        a deployment setting or model configuration is wrong
    ├── AssetError         a model file cannot be found, fetched or trusted
    │   ├── AssetMissingError    nothing there, and no source reachable
    │   └── AssetDamagedError    something there, but not what was pinned
    ├── TextError          the text cannot be spoken (empty, too long, not text)
    ├── ControlError       a request option has a value that is not allowed
    ├── NotFoundError      what a request names does not exist here (model, address, id)
    ├── FeatureMissingError  a part of the engine that is not installed or not built yet
    ├── AudioError         audio cannot be read, written or encoded
    │   └── OutputError          the result cannot be stored (permissions, full disk)
    ├── SynthesisError     the engine failed on valid input
    ├── LanguageModelError  a language model that was asked for did not answer, or not usably
    ├── AccessError        a caller who does not say, or not rightly, who it is (API key)
    │   └── ForbiddenError       a caller whom this server does not serve at all (host, origin)
    ├── SizeError          a request that is larger than this server takes
    ├── JobError           a batch job that is not there, cannot be read, or did not reach its end
    │   └── JobBusyError         another process runs it at this moment
    ├── BrokerError        the queue of batch tasks (Redis) cannot be reached or used
    └── BusyError          no room for the request now; ``retry_after_s`` says when to come again
        ├── DrainingError        the server is going down
        └── DeadlineError        the request waited for longer than it may

Every error carries a stable ``code`` for programs and named ``fields``; its message says what is wrong,
which value was given, what is allowed and what to do. ``OUTCOMES`` is the one table that turns an error
into an HTTP status, an exit code and a task state; a unit test proves that it covers every class here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class TTSError(Exception):
    """Base of every error that this package raises on purpose.

    Args:
        message: one sentence or two for a person: what, which value, what is allowed, what to do.
        code: stable identifier for programs; defaults to the class's own.
        fields: the values behind the message, JSON-serialisable.
    """

    code = "tts_error"

    def __init__(self, message: str, *, code: str | None = None, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.fields = fields

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data, the same for HTTP bodies, queue results and ``--json`` output."""
        return {"type": type(self).__name__, "code": self.code, "message": self.message, **self.fields}


class ConfigError(TTSError):
    """A deployment setting or a model configuration is wrong."""

    code = "config_invalid"


class AssetError(TTSError):
    """A model file cannot be found, fetched or trusted."""

    code = "asset_error"


class AssetMissingError(AssetError):
    """A needed file is not in the cache and no source could provide it."""

    code = "asset_missing"


class AssetDamagedError(AssetError):
    """A file is there but differs from what was pinned."""

    code = "asset_damaged"


class TextError(TTSError):
    """The text cannot be spoken."""

    code = "text_invalid"


class ControlError(TTSError):
    """A request option has a value that is not allowed."""

    code = "option_invalid"


class NotFoundError(TTSError):
    """What a request names does not exist on this server: a model, an address, an id."""

    code = "not_found"


class FeatureMissingError(TTSError):
    """An optional part is asked for that is not installed or not available in this version."""

    code = "feature_missing"


class AudioError(TTSError):
    """Audio cannot be read, written or encoded."""

    code = "audio_error"


class OutputError(AudioError):
    """A result cannot be stored where it was asked to be."""

    code = "output_failed"


class LanguageModelError(TTSError):
    """A language model did not answer, or not in a form that can be used."""

    code = "language_model_failed"


class SynthesisError(TTSError):
    """The engine failed on input that it accepted."""

    code = "synthesis_failed"


class AccessError(TTSError):
    """The request needs a valid API key and has none."""

    code = "access_denied"


class ForbiddenError(AccessError):
    """A caller whom this server does not serve: a web page of another site, a host name that is not ours."""

    code = "forbidden"


class SizeError(TTSError):
    """A request that is larger than this server takes."""

    code = "request_too_large"


class JobError(TTSError):
    """A batch job is not there, its journal cannot be read, or it did not reach its end."""

    code = "job_failed"


class JobBusyError(JobError):
    """The job is being run by another process at this moment."""

    code = "job_running"


class BrokerError(TTSError):
    """The queue of batch tasks cannot be reached or used now."""

    code = "broker_unavailable"


class BusyError(TTSError):
    """No room for the request now; its field ``retry_after_s`` says after how many seconds to come again."""

    code = "busy"


class DrainingError(BusyError):
    """The server is going down and takes nothing new."""

    code = "draining"


class DeadlineError(BusyError):
    """The request waited for longer than it may."""

    code = "deadline_passed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an error means to a caller outside Python.

    Attributes:
        http_status: status of the HTTP answer.
        exit_code: exit status of the command line (sysexits where one fits).
        task_state: ``rejected`` (never retry), ``failed`` (do not retry by itself) or ``retry`` (may pass later).
    """

    http_status: int
    exit_code: int
    task_state: str


OUTCOMES: dict[type[TTSError], Outcome] = {
    TTSError: Outcome(500, 70, "failed"),
    ConfigError: Outcome(500, 78, "rejected"),
    AssetError: Outcome(503, 69, "retry"),
    AssetMissingError: Outcome(503, 69, "retry"),
    AssetDamagedError: Outcome(503, 69, "retry"),
    TextError: Outcome(400, 65, "rejected"),
    ControlError: Outcome(400, 64, "rejected"),
    NotFoundError: Outcome(404, 66, "rejected"),
    FeatureMissingError: Outcome(501, 64, "rejected"),
    AudioError: Outcome(400, 66, "rejected"),
    OutputError: Outcome(507, 74, "retry"),
    LanguageModelError: Outcome(502, 69, "retry"),
    SynthesisError: Outcome(500, 70, "failed"),
    AccessError: Outcome(401, 77, "rejected"),
    ForbiddenError: Outcome(403, 77, "rejected"),
    SizeError: Outcome(413, 65, "rejected"),
    JobError: Outcome(409, 65, "failed"),
    JobBusyError: Outcome(409, 75, "retry"),
    BrokerError: Outcome(503, 69, "retry"),
    BusyError: Outcome(429, 75, "retry"),
    DrainingError: Outcome(503, 75, "retry"),
    DeadlineError: Outcome(504, 75, "retry"),
}


def outcome_of(error: TTSError) -> Outcome:
    """The table entry for an error (its own class; the table is complete)."""
    return OUTCOMES[type(error)]


def near_matches(value: str, allowed: Iterable[str], limit: int = 3) -> list[str]:
    """The allowed names most like ``value``, best first, for "did you mean" in messages."""
    names = list(allowed)
    folded = {name.casefold(): name for name in names}
    hits = difflib.get_close_matches(value.casefold(), folded, n=limit, cutoff=0.5)
    contained = [name for key, name in folded.items() if value and value.casefold() in key and key not in hits]
    return ([folded[hit] for hit in hits] + contained)[:limit]


def unreadable(path: Path, error: OSError) -> TextError:
    """The error for a file of text that cannot be read."""
    reason = error.strerror or str(error)
    return TextError(
        f"无法读取 {path}：{reason}。Cannot read {path}: {reason}.", code="text_unreadable", path=str(path)
    )
