"""Asks a language model and accepts only answers that pass our own check.

Works with every server that speaks ``/chat/completions``: a JSON schema is asked for first, plain JSON where the server
refuses schemas. An answer that cannot be used is sent back with the reason, a bounded number of times. Equal questions
are answered from a cache, keyed by content. Tokens are counted. The key is kept out of every message and log.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import FeatureMissingError, LanguageModelError

if TYPE_CHECKING:
    from openai import OpenAI

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_INSTALL = "pip install 'tts-engine[llm]'"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a language model is.

    Attributes:
        base_url: with its ``/v1``.
        model: name of the model there.
        api_key: None where the server needs none.
        timeout_s: for one answer.
        attempts: questions asked at most until an answer can be used.
        max_tokens: longest answer.
    """

    base_url: str
    model: str
    api_key: str | None = None
    timeout_s: float = 20.0
    attempts: int = 3
    max_tokens: int = 1024

    def __repr__(self) -> str:
        return f"Endpoint(base_url={self.base_url!r}, model={self.model!r})"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        task: instructions, the same whatever the data is.
        data: what it is about, as plain data; a user's text belongs here and only here.
        schema: JSON schema of the answer.
        name: of the schema, ``[a-z_]``.
    """

    task: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]
    name: str = "answer"


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used so far.

    Attributes:
        requests: sent to the server.
        cached: questions that were answered without it.
        prompt_tokens: as the server counts.
        completion_tokens: as the server counts.
    """

    requests: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class LanguageModel:
    """One language model. Safe to use from several threads.

    Args:
        endpoint: where it is.
        cache_size: answers that are remembered.

    Raises:
        FeatureMissingError: the package ``openai`` is not installed.
    """

    def __init__(self, endpoint: Endpoint, *, cache_size: int = 4096) -> None:
        self.endpoint = endpoint
        self._client = _open(endpoint)
        self._cache_size = cache_size
        self._cache: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._usage = Usage()
        self._takes_schema = True

    @property
    def usage(self) -> Usage:
        """What was used so far."""
        return self._usage

    def ask(self, question: Question, accept: Callable[[Any], Answer]) -> Answer:
        """The answer, as ``accept`` returns it.

        Args:
            question: what to ask.
            accept: turns parsed JSON into a value; raises ``ValueError`` with the reason where it cannot.

        Raises:
            LanguageModelError: no usable answer: unreachable, refused, too slow, or wrong every time.
        """
        key = self._key(question)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                self._usage = replace(self._usage, cached=self._usage.cached + 1)
                return accept(self._cache[key])
        messages = [
            {"role": "system", "content": question.task},
            {"role": "user", "content": json.dumps(question.data, ensure_ascii=False)},
        ]
        reason = ""
        for _ in range(self.endpoint.attempts):
            raw = self._complete(messages, question)
            try:
                parsed = parse_json(raw)
                value = accept(parsed)
            except ValueError as error:
                reason = str(error)[:200]
                logger.info("an answer of the language model cannot be used")
                again = json.dumps({"error": reason, "task": "answer again, as asked at first"})
                told = [{"role": "assistant", "content": raw[:2000]}, {"role": "user", "content": again}]
                messages = [*messages[:2], *told]
                continue
            self._remember(key, parsed)
            return value
        raise LanguageModelError(
            f"语言模型 {self.endpoint.model} 连续 {self.endpoint.attempts} 次的回答都不能用：{reason}。"
            f"The language model gave no usable answer in {self.endpoint.attempts} attempts: {reason}.",
            code="language_model_unusable",
            attempts=self.endpoint.attempts,
        )

    def _complete(self, messages: list[dict[str, str]], question: Question) -> str:
        """One completion as text."""
        import openai

        try:
            return self._request(messages, question)
        except openai.BadRequestError:
            if not self._takes_schema:
                raise self._failed("请求被拒绝 the request was refused", "language_model_refused") from None
            self._takes_schema = False  # an older server: it may still promise JSON
            return self._complete(messages, question)
        except openai.APITimeoutError:
            raise self._failed(
                f"{self.endpoint.timeout_s:g} 秒内没有回答 no answer within {self.endpoint.timeout_s:g} s",
                "language_model_timeout",
            ) from None
        except openai.RateLimitError:
            raise self._failed("限流 it is rate-limited", "language_model_busy") from None
        except (openai.AuthenticationError, openai.PermissionDeniedError):
            raise self._failed("密钥无效 the key is not accepted", "language_model_key") from None
        except openai.APIStatusError as error:
            raise self._failed(f"状态 status {error.status_code}", "language_model_failed") from None
        except (openai.OpenAIError, ValueError) as error:
            raise self._failed(f"{type(error).__name__}", "language_model_unreachable") from None

    def _request(self, messages: list[dict[str, str]], question: Question) -> str:
        kind: dict[str, Any] = {"type": "json_object"}
        if self._takes_schema:
            schema = {"name": question.name, "schema": dict(question.schema), "strict": True}
            kind = {"type": "json_schema", "json_schema": schema}
        parameters: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": self.endpoint.max_tokens,
            "response_format": kind,
        }
        answer = self._client.chat.completions.create(**parameters)
        used = getattr(answer, "usage", None)
        with self._lock:
            self._usage = replace(
                self._usage,
                requests=self._usage.requests + 1,
                prompt_tokens=self._usage.prompt_tokens + (getattr(used, "prompt_tokens", 0) or 0),
                completion_tokens=self._usage.completion_tokens + (getattr(used, "completion_tokens", 0) or 0),
            )
        choices = getattr(answer, "choices", None) or []
        content = getattr(getattr(choices[0], "message", None), "content", None) if choices else None
        return content if isinstance(content, str) else ""

    def _failed(self, why: str, code: str) -> LanguageModelError:
        return LanguageModelError(
            f"语言模型 {self.endpoint.model}（{self.endpoint.base_url}）没有回答：{why}。"
            f"The language model gave no answer: {why}.",
            code=code,
        )

    def _key(self, question: Question) -> str:
        whole = [self.endpoint.base_url, self.endpoint.model, question.task, question.data, question.schema]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def _remember(self, key: str, parsed: Any) -> None:
        with self._lock:
            self._cache[key] = parsed
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


def parse_json(raw: str) -> Any:
    """The JSON of an answer, also where it stands in a fence or after a few words.

    Raises:
        ValueError: there is none.
    """
    begin, end = raw.find("{"), raw.rfind("}")
    if begin < 0 or end < begin:
        raise ValueError("the answer holds no JSON object")
    try:
        return json.loads(raw[begin : end + 1], parse_constant=_refuse)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _open(endpoint: Endpoint) -> OpenAI:
    try:
        from openai import OpenAI
    except ImportError:
        raise FeatureMissingError(
            f"使用语言模型需要安装：{_INSTALL}。Reading by a language model needs: {_INSTALL}",
            code="language_model_not_installed",
        ) from None
    return OpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key or "none",
        timeout=endpoint.timeout_s,
        max_retries=1,
    )
