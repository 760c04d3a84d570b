"""Requests to an OpenAI-compatible server through the official client, and its failures in our words.

What a server can do is found out by asking: a JSON schema first, plain JSON where it refuses schemas, nothing but the
instructions where it refuses that too, and streams without a count of tokens where it does not know how. The key stands
in the request and nowhere else; what a server says is quoted with the key taken out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import FeatureMissingError, LanguageModelError
from .questions import Endpoint, Question, Usage, estimate_tokens

if TYPE_CHECKING:
    from openai import OpenAI


Messages = list[dict[str, str]]

_INSTALL = "pip install 'tts-engine[llm]'"
_FORMATS = ("json_schema", "json_object", "none")


class Wire:
    """The connection to one server. Safe to use from several threads.

    Args:
        endpoint: where it is.

    Raises:
        FeatureMissingError: the package ``openai`` is not installed.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = open_client(endpoint)
        self._format = _FORMATS[0]
        self._counts_streams = True
        self._length_name = "max_tokens"
        self._takes_temperature = True

    def complete(self, messages: Messages, question: Question) -> tuple[str, Usage]:
        """One answer as text, empty where the server sent none, and what it took.

        Raises:
            LanguageModelError: there is none.
        """
        began = time.monotonic()
        with told(self._endpoint):
            answer = self._send(messages, question, {})
        choices = getattr(answer, "choices", None) or []
        content = getattr(getattr(choices[0], "message", None), "content", None) if choices else None
        text = content if isinstance(content, str) else ""
        return text, _used(getattr(answer, "usage", None), messages, text, time.monotonic() - began)

    def stream(self, messages: Messages, question: Question) -> Streamed:
        """One answer that is read while it comes.

        Raises:
            LanguageModelError: there is none.
        """
        began = time.monotonic()
        with told(self._endpoint):
            chunks = self._send(messages, question, {"stream": True})
        return Streamed(self._endpoint, chunks, messages, began)

    def _send(self, messages: Messages, question: Question, more: dict[str, Any]) -> Any:
        """The client's answer; what the server refuses is left out, and remembered only if that was the reason."""
        import openai

        formats = _FORMATS[_FORMATS.index(self._format) :]
        options = (True, False) if more.get("stream") and self._counts_streams else (False,)
        ways = [(kind, count) for kind in formats for count in options]
        for number, (kind, count) in enumerate(ways):
            try:
                answer = self._client.chat.completions.create(**self._parameters(messages, question, more, kind, count))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if self._learns(error):
                    return self._send(messages, question, more)
                if number == len(ways) - 1:
                    raise
                continue
            self._format = kind
            self._counts_streams = count if more.get("stream") else self._counts_streams
            return answer
        raise AssertionError("there is always one way")

    def _learns(self, error: Any) -> bool:
        """Whether the refusal names a parameter that reasoning models of newer servers take otherwise."""
        said = str(error.body)
        if self._length_name == "max_tokens" and "max_completion_tokens" in said:
            self._length_name = "max_completion_tokens"
            return True
        if self._takes_temperature and "temperature" in said:
            self._takes_temperature = False
            return True
        return False

    def _parameters(
        self, messages: Messages, question: Question, more: dict[str, Any], kind: str, count: bool
    ) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "model": self._endpoint.model,
            "messages": messages,
            self._length_name: question.max_tokens or self._endpoint.max_tokens,
            **more,
        }
        if self._takes_temperature:
            parameters["temperature"] = question.temperature
        if self._endpoint.extra:
            parameters["extra_body"] = dict(self._endpoint.extra)
        if kind == "json_schema":
            schema = {"name": question.name, "schema": dict(question.schema), "strict": True}
            parameters["response_format"] = {"type": kind, "json_schema": schema}
        elif kind == "json_object":
            parameters["response_format"] = {"type": kind}
        if count:
            parameters["stream_options"] = {"include_usage": True}
        return parameters


class Streamed:
    """An answer that comes in pieces.

    Attributes:
        finish_reason: why the server ended; None while it has not.
        text: what has come so far.
    """

    def __init__(self, endpoint: Endpoint, chunks: Any, messages: Messages, began: float) -> None:
        self._endpoint, self._chunks, self._messages, self._began = endpoint, chunks, messages, began
        self._counted: Any = None
        self.finish_reason: str | None = None
        self.text = ""

    def pieces(self) -> Iterator[str]:
        """The text, piece by piece.

        Raises:
            LanguageModelError: it broke off, stalled or took too long.
        """
        with told(self._endpoint):
            for chunk in self._chunks:
                self._counted = getattr(chunk, "usage", None) or self._counted
                if time.monotonic() - self._began > self._endpoint.answer_s:
                    raise TimeoutError
                for choice in (getattr(chunk, "choices", None) or [])[:1]:
                    self.finish_reason = getattr(choice, "finish_reason", None) or self.finish_reason
                    piece = getattr(getattr(choice, "delta", None), "content", None)
                    if isinstance(piece, str) and piece:
                        self.text += piece
                        yield piece

    def close(self) -> None:
        """Reads no further; the server may stop writing."""
        self._chunks.close()

    @property
    def usage(self) -> Usage:
        """What it took, estimated where the server has not said."""
        return _used(self._counted, self._messages, self.text, time.monotonic() - self._began)


def open_client(endpoint: Endpoint) -> OpenAI:
    """The official client for an endpoint.

    Raises:
        FeatureMissingError: it is not installed.
    """
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
        max_retries=endpoint.retries,
    )


@contextmanager
def told(endpoint: Endpoint) -> Iterator[None]:
    """Turns what the client raises into ``LanguageModelError``."""
    import openai

    def failed(why: str, code: str, **fields: Any) -> LanguageModelError:
        return LanguageModelError(
            f"语言模型 {endpoint.model}（{endpoint.address}）没有回答：{why}。"
            f"The language model gave no answer: {why}.",
            code=code,
            **fields,
        )

    try:
        yield
    except (openai.APITimeoutError, TimeoutError):
        raise failed(
            f"{endpoint.timeout_s:g} 秒内没有回答 no answer within {endpoint.timeout_s:g} s", "language_model_timeout"
        ) from None
    except openai.RateLimitError as error:
        wait = error.response.headers.get("retry-after", "")
        soon = {"retry_after_s": float(wait)} if wait.replace(".", "", 1).isdecimal() else {}
        later = f"，请在 {wait} 秒后再来 come again after {wait} s" if soon else ""
        raise failed(f"限流 it is rate-limited{later}", "language_model_busy", **soon) from None
    except (openai.AuthenticationError, openai.PermissionDeniedError):
        raise failed("密钥无效 the key is not accepted", "language_model_key") from None
    except openai.NotFoundError as error:
        what = "没有这个地址或模型，请检查 TTS_LLM_BASE_URL（通常以 /v1 结尾）和 TTS_LLM_MODEL no such address or model"
        raise failed(f"{what}{_said(error, endpoint)}", "language_model_unknown") from None
    except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
        raise failed(f"请求被拒绝 the request was refused{_said(error, endpoint)}", "language_model_refused") from None
    except openai.APIStatusError as error:
        poor = "余额不足 insufficient balance, " if error.status_code == 402 else ""
        said = _said(error, endpoint)
        raise failed(f"{poor}状态 status {error.status_code}{said}", "language_model_failed") from None
    except _rest_of_errors() as error:
        if "Timeout" in type(error).__name__:
            raise failed(f"{endpoint.timeout_s:g} 秒内没有回答 no answer in time", "language_model_timeout") from None
        raise failed(f"{type(error).__name__}", "language_model_unreachable") from None


def _rest_of_errors() -> tuple[type[Exception], ...]:
    """What else the client raises, and its transport, whose errors some versions let through during an answer."""
    import openai

    modules = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    return (openai.OpenAIError, ValueError, *(module.HTTPError for module in modules))


def _said(error: Any, endpoint: Endpoint) -> str:
    """What the server says about a refusal, in one short line without the key."""
    body = error.body if isinstance(error.body, dict) else {}
    said = " ".join(str(body.get("message") or "").split())
    if endpoint.api_key:
        said = said.replace(endpoint.api_key, "***")
    return f"（{said[:200]}）" if said else ""


def _used(counted: Any, messages: Messages, text: str, seconds: float) -> Usage:
    def count(name: str, of: Any = counted) -> int:
        number = getattr(of, name, None)
        return number if isinstance(number, int) and number > 0 else 0

    # OpenAI and vLLM count cached tokens among the details, DeepSeek beside them
    details = getattr(counted, "prompt_tokens_details", None)
    cached = count("cached_tokens", details) or count("prompt_cache_hit_tokens")
    prompt, completion = count("prompt_tokens"), count("completion_tokens")
    is_estimated = prompt == 0
    if is_estimated:
        prompt = sum(estimate_tokens(message["content"]) for message in messages)
        completion = estimate_tokens(text)
    return Usage(
        requests=1,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        is_estimated=is_estimated,
        seconds=seconds,
    )
