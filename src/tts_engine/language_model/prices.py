"""What a language model costs: a table that users write, in a JSON file.

    {"deepseek-chat": {"input": 2.0, "cached_input": 0.2, "output": 3.0, "currency": "CNY"},
     "qwen3-8b-local": {"input": 0, "output": 0, "currency": "CNY"}}

Prices are per million tokens. None are shipped: they change from month to month (some by the hour), and a ceiling that
is computed from an old price protects nobody. A model that is not in the table has no price, and that is said.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ConfigError

#: Name of the table in the folder of what is kept, where none is named.
FILE = "prices.json"

_FIELDS = ("input", "cached_input", "output", "currency", "note")
_PER = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Price of one model, per million tokens.

    Attributes:
        input: of tokens that are sent.
        output: of tokens that are answered.
        cached_input: of sent tokens that the server had in its own cache; None: as ``input``.
        currency: three letters.
    """

    input: float
    output: float
    cached_input: float | None = None
    currency: str = "CNY"

    def of(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """Money for so many tokens; ``cached_tokens`` are among ``prompt_tokens``."""
        cached = min(max(cached_tokens, 0), prompt_tokens)
        hit = self.input if self.cached_input is None else self.cached_input
        return ((prompt_tokens - cached) * self.input + cached * hit + completion_tokens * self.output) / _PER


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by name of the model.

    Attributes:
        prices: by the model's name, as the endpoint calls it.
        path: where they stand; None where there is no file.
    """

    prices: Mapping[str, Price] = field(default_factory=dict)
    path: Path | None = None

    def find(self, model: str) -> Price | None:
        """The price of a model; None where the table does not know it."""
        return self.prices.get(model)


def load_prices(path: Path | None, *, must_exist: bool = True) -> PriceTable:
    """The table in a file; an empty one without a file.

    Raises:
        ConfigError: the file is missing (where it ``must_exist``) or not such a table; names the model and the field.
    """
    if path is None or (not must_exist and not path.exists()):
        return PriceTable()
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(path, str(error)) from None
    if not isinstance(read, dict):
        raise _wrong(path, "应为一个 JSON 对象：模型名 → 价格 an object of model names is expected")
    return PriceTable({model: _price(path, model, row) for model, row in read.items()}, path)


def _price(path: Path, model: str, row: Any) -> Price:
    if not isinstance(row, dict) or not {"input", "output"} <= set(row) or not set(row) <= set(_FIELDS):
        raise _wrong(path, f"{model!r}: 需要 input 和 output，允许 {', '.join(_FIELDS)}", model=model)
    amounts = {name: row[name] for name in ("input", "output", "cached_input") if row.get(name) is not None}
    for name, amount in amounts.items():
        is_number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
        if not is_number or not math.isfinite(amount) or amount < 0:
            raise _wrong(path, f"{model!r}: {name} = {amount!r}，应为不小于 0 的数 must be a number >= 0", model=model)
    currency = row.get("currency", "CNY")
    if not isinstance(currency, str) or not (currency.isascii() and currency.isalpha() and len(currency) == 3):
        raise _wrong(path, f"{model!r}: currency = {currency!r}，应为三个字母 three letters, e.g. CNY", model=model)
    return Price(**{name: float(amount) for name, amount in amounts.items()}, currency=currency.upper())


def _wrong(path: Path, why: str, **fields: Any) -> ConfigError:
    return ConfigError(
        f"价格表 {path} 不能用：{why}。格式见 docs/writing.md。The price table cannot be used: see docs/writing.md.",
        code="prices_invalid",
        path=str(path),
        **fields,
    )
