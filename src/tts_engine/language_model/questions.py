"""The values around a language model: where it is, what is asked, what was used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_WHOLE = re.compile(r"[^\x00-\u02ff]|[0-9]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a language model is.

    Attributes:
        base_url: with its ``/v1``.
        model: name of the model there.
        api_key: None where the server needs none.
        timeout_s: for one answer; for an answer that comes in pieces, the longest silence between two.
        attempts: questions asked at most until an answer can be used.
        max_tokens: longest answer.
        retries: times that a request is sent again where the server is busy, fails or cannot be reached; what it says
            in ``Retry-After`` is waited for.
        answer_s: longest time that an answer in pieces may take.
        extra: further fields of every request, which the server understands (``{"enable_thinking": False}``).
    """

    base_url: str
    model: str
    api_key: str | None = None
    timeout_s: float = 20.0
    attempts: int = 3
    max_tokens: int = 1024
    retries: int = 1
    answer_s: float = 600.0
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The address as it may be shown: without a name, password or query in it."""
        parts = urlsplit(self.base_url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def __repr__(self) -> str:
        return f"Endpoint(base_url={self.address!r}, model={self.model!r})"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        task: instructions, the same whatever the data is.
        data: what it is about, as plain data; a user's text belongs here and only here.
        schema: JSON schema of the answer.
        name: of the schema, ``[a-z_]``.
        max_tokens: longest answer; None for the endpoint's own.
        temperature: 0 for the likeliest answer.
    """

    task: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]
    name: str = "answer"
    max_tokens: int | None = None
    temperature: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used so far, or by one request.

    Attributes:
        requests: sent to the server.
        cached: questions that were answered without it.
        prompt_tokens: as the server counts.
        completion_tokens: as the server counts.
        cached_tokens: those of ``prompt_tokens`` that the server had in its own cache.
        is_estimated: the server did not count some of them (an answer that broke off, a server that never does).
        seconds: waited for answers.
    """

    requests: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    is_estimated: bool = False
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.cached + other.cached,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.is_estimated or other.is_estimated,
            self.seconds + other.seconds,
        )


def estimate_tokens(text: str) -> int:
    """Tokens of a text, on the safe side: one for each Chinese character and digit, two for every five others.

    A ceiling must not be passed by an estimate that was too low. The tokenizers of DeepSeek and Qwen need 0.58 and 0.60
    for a character of Chinese sentences; of questions, scripts and answers the estimate is 1.2 to 1.7 times theirs
    (``benchmarks/token_costs.py``); strings of symbols and rarest characters can need up to twice the estimate.
    """
    whole = len(_WHOLE.findall(text))
    return whole + (2 * (len(text) - whole) + 4) // 5
