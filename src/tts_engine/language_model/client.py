"""Asks a language model and accepts only answers that pass our own check.

    Question ── ask ──► one value             Listing ── ask_items ──► value, value, ... while the answer is written

Works with every server that speaks ``/chat/completions``: a JSON schema is asked for first, plain JSON where the server
refuses schemas. An answer that cannot be used is sent back with the reason, a bounded number of times. Equal questions
are answered from a cache, keyed by content: in memory, and on the disk where there is a ``Store``. Tokens are counted,
and no request is sent that could pass the ``Ceiling``. The key is kept out of every message, log and file.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from ..errors import LanguageModelError
from .ceiling import Ceiling
from .items import ItemScanner, parse_json
from .questions import Endpoint, Question, Usage, estimate_tokens
from .store import Record, Store, key_of
from .wire import Messages, Streamed, Wire

__all__ = ["Endpoint", "LanguageModel", "Listing", "Question", "Usage", "parse_json"]

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Value_co = TypeVar("Value_co", covariant=True)

OnUse = Callable[[Usage], None] | None

#: Where each round brings something, so many rounds per attempt are allowed before it is given up all the same.
_MOST_ROUNDS = 8

#: Failures after which the rest of a list is asked for again: what came before them is good.
_GOES_ON_AFTER = ("language_model_unreachable", "language_model_timeout", "language_model_failed")


class Listing(Protocol[Value_co]):
    """A question that is answered by lists; it remembers what it has accepted."""

    @property
    def question(self) -> Question:
        """What is asked at first; the answer is kept under it."""

    def accept(self, name: str, item: Any) -> Value_co | None:
        """An item of the list ``name`` as a value, None for one that is only noted.

        Raises:
            ValueError: it cannot be used; the reason is told to the model.
        """

    def rest(self) -> Question:
        """What to ask for that which is still missing."""

    def missing(self) -> str:
        """Why what was accepted is not all yet; empty where it is."""

    @property
    def is_full(self) -> bool:
        """Whether nothing more is wanted, though the model goes on."""

    def may_stop(self, *, is_short: bool) -> bool:
        """Whether what there is will do, though the model brings no more that can be used.

        Args:
            is_short: it ended properly and too early; else what it wrote was refused.
        """


class LanguageModel:
    """One language model. Safe to use from several threads.

    Args:
        endpoint: where it is.
        cache_size: answers that are remembered in memory.
        store: answers on the disk; None keeps none. A store that replays needs no server.
        ceiling: how much may be used; None for no limit.

    Raises:
        FeatureMissingError: the package ``openai`` is not installed.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        cache_size: int = 4096,
        store: Store | None = None,
        ceiling: Ceiling | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._wire = None if store is not None and store.is_replay else Wire(endpoint)
        self._store = store
        self._ceiling = ceiling or Ceiling()
        self._cache_size = cache_size
        self._cache: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._usage = Usage()

    @property
    def usage(self) -> Usage:
        """What was used so far."""
        return self._usage

    def ask(self, question: Question, accept: Callable[[Any], Answer], on_use: OnUse = None) -> Answer:
        """The answer, as ``accept`` returns it.

        Args:
            question: what to ask.
            accept: turns parsed JSON into a value; raises ``ValueError`` with the reason where it cannot.
            on_use: told what each request took, as soon as that is known, and each answer that was there already.

        Raises:
            LanguageModelError: no usable answer: unreachable, refused, too slow, wrong every time, or over the ceiling.
        """
        key = key_of(self.endpoint.model, question)
        with self._lock:
            remembered = self._cache.get(key)  # an object of JSON, never None
            if remembered is not None:
                self._cache.move_to_end(key)
        if remembered is not None:
            self._count(Usage(cached=1), on_use)
            return accept(remembered)
        with self._record(question) as record:
            if record.is_complete and record.items:
                parsed = record.items[0][1]
                try:
                    value = accept(parsed)
                except ValueError as error:
                    self._reject_record(record, 0, error)
                else:
                    self._count(Usage(cached=1), on_use)
                    self._remember(key, parsed)
                    return value
            value, parsed = self._ask_server(question, accept, on_use)
            record.add("answer", parsed)
            record.complete()
            self._remember(key, parsed)
            return value

    def ask_items(self, listing: Listing[Answer], on_use: OnUse = None) -> Iterator[Answer]:
        """The values of a list, each as soon as the model has written it.

        Where the answer breaks off, goes wrong or ends too early, only the rest is asked for again, with the reason.

        Args:
            listing: what to ask.
            on_use: as ``ask``.

        Raises:
            LanguageModelError: as ``ask``; what was handed on before is good, and kept in the store.
        """
        with self._record(listing.question) as record:
            for number, (name, item) in enumerate(record.items):
                try:
                    value = listing.accept(name, item)
                except ValueError as error:  # our check has become stricter since
                    self._reject_record(record, number, error)
                    break
                if value is not None:
                    yield value
            if record.is_complete:
                self._count(Usage(cached=1), on_use)
                return
            yield from self._ask_rest(listing, record, on_use)
            record.complete()

    def _ask_rest(self, listing: Listing[Answer], record: Record, on_use: OnUse) -> Iterator[Answer]:
        failures = rounds = 0
        reason, told, is_short = "", "{}", False
        while not listing.is_full and (not record.items or listing.missing()):
            has_moved = False
            question, scanner = listing.rest(), ItemScanner()
            failed: LanguageModelError | None = None
            streamed = self._begin_stream(_messages(question, reason=reason, answer=told), question)
            try:
                for name, item in _items(streamed, scanner):
                    told = json.dumps({name: [item]}, ensure_ascii=False)
                    value = listing.accept(name, item)
                    record.add(name, item)
                    if value is not None:
                        has_moved = True
                        yield value
                    if listing.is_full:
                        return
                _check_end(streamed, scanner)
                reason, is_short = listing.missing(), True
            except ValueError as error:
                reason, is_short = str(error)[:200], False
            except LanguageModelError as error:
                if error.code not in _GOES_ON_AFTER:
                    raise
                failed, reason = error, "the answer broke off"
            finally:
                streamed.close()
                self._count(streamed.usage, on_use)
            if not reason:
                return
            logger.info("the rest of an answer of the language model is asked for again")
            failures, rounds = (0 if has_moved else failures + 1), rounds + 1
            if failures >= self.endpoint.attempts or rounds >= _MOST_ROUNDS * self.endpoint.attempts:
                if failed is None and listing.may_stop(is_short=is_short):
                    return
                raise failed or self._unusable(reason, rounds)

    def _ask_server(self, question: Question, accept: Callable[[Any], Answer], on_use: OnUse) -> tuple[Answer, Any]:
        reason, told = "", ""
        for _ in range(self.endpoint.attempts):
            messages = _messages(question, reason=reason, answer=told)
            self._check_ceiling(messages, question)
            text, used = self._connection.complete(messages, question)
            self._count(used, on_use)
            try:
                parsed = parse_json(text)
                return accept(parsed), parsed
            except ValueError as error:
                logger.info("an answer of the language model cannot be used")
                reason, told = str(error)[:200], text
        raise self._unusable(reason, self.endpoint.attempts)

    def _begin_stream(self, messages: Messages, question: Question) -> Streamed:
        self._check_ceiling(messages, question)
        return self._connection.stream(messages, question)

    @property
    def _connection(self) -> Wire:
        assert self._wire is not None, "a replay never gets here"
        return self._wire

    def _check_ceiling(self, messages: Messages, question: Question) -> None:
        prompt = sum(estimate_tokens(message["content"]) for message in messages)
        self._ceiling.check(self._usage, prompt, question.max_tokens or self.endpoint.max_tokens)

    @contextmanager
    def _record(self, question: Question) -> Iterator[Record]:
        if self._store is None:
            yield Record()
            return
        with self._store.open(self.endpoint.model, question) as record:
            yield record

    def _reject_record(self, record: Record, count: int, error: ValueError) -> None:
        if self._store is not None and self._store.is_replay:
            raise LanguageModelError(
                f"重放目录里的回答通不过检查：{error}。A recorded answer does not pass the check: {error}.",
                code="language_model_unusable",
            )
        record.keep(count)

    def _count(self, used: Usage, on_use: OnUse) -> None:
        with self._lock:
            self._usage = self._usage + used
        if on_use is not None:
            on_use(used)

    def _unusable(self, reason: str, attempts: int) -> LanguageModelError:
        return LanguageModelError(
            f"语言模型 {self.endpoint.model} 连续 {attempts} 次的回答都不能用：{reason}。"
            f"The language model gave no usable answer in {attempts} attempts: {reason}.",
            code="language_model_unusable",
            attempts=attempts,
        )

    def _remember(self, key: str, parsed: Any) -> None:
        with self._lock:
            self._cache[key] = parsed
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


def _messages(question: Question, *, reason: str = "", answer: str = "") -> Messages:
    """The conversation: instructions, data, and after a failure what was wrong with the answer."""
    messages = [
        {"role": "system", "content": question.task},
        {"role": "user", "content": json.dumps(question.data, ensure_ascii=False)},
    ]
    if reason:
        again = json.dumps(
            {"error": reason, "task": "answer the data above again, as asked at first"}, ensure_ascii=False
        )
        messages += [{"role": "assistant", "content": answer[:2000]}, {"role": "user", "content": again}]
    return messages


def _check_end(streamed: Streamed, scanner: ItemScanner) -> None:
    """Refuses an answer that did not end as an answer does; one that only grew too long is good as far as it goes."""
    if streamed.finish_reason == "content_filter":
        raise ValueError("the server filtered the answer")
    if streamed.finish_reason != "length":
        scanner.end()


def _items(streamed: Streamed, scanner: ItemScanner) -> Iterator[tuple[str, Any]]:
    for piece in streamed.pieces():
        yield from scanner.feed(piece)
