"""A ceiling on tokens and money: the request that could pass it is not sent."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigError, LanguageModelError
from .prices import Price
from .questions import Usage


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How much may be used.

    Attributes:
        tokens: in and out together; None for no limit.
        cost: money in the price's currency; None for no limit.
        price: of the model; needed for ``cost``.

    Raises:
        ConfigError: a limit on money without a price.
    """

    tokens: int | None = None
    cost: float | None = None
    price: Price | None = None

    def __post_init__(self) -> None:
        if self.cost is not None and self.price is None:
            raise ConfigError(
                "要按金额封顶，先在价格表里写上这个模型的价格（TTS_PRICES，见 docs/writing.md），或改用按 token 封顶。"
                "A ceiling on money needs the model's price: add it to the price table (TTS_PRICES, see"
                " docs/writing.md), or use a ceiling on tokens.",
                code="price_unknown",
            )

    def check(self, used: Usage, prompt_tokens: int, completion_tokens: int) -> None:
        """Lets a request pass that cannot lead over the ceiling.

        Args:
            used: so far.
            prompt_tokens: of the request, estimated on the safe side.
            completion_tokens: of the longest answer that it allows.

        Raises:
            LanguageModelError: it could, ``code="language_model_ceiling"``.
        """
        more = prompt_tokens + completion_tokens
        if self.tokens is not None and used.tokens + more > self.tokens:
            raise _reached(f"{self.tokens} token", f"{used.tokens}", f"{more}")
        if self.cost is not None and self.price is not None:
            spent = self.price.of(used.prompt_tokens, used.completion_tokens, used.cached_tokens)
            next_cost = self.price.of(prompt_tokens, completion_tokens)
            if spent + next_cost > self.cost:
                unit = self.price.currency
                raise _reached(f"{self.cost:g} {unit}", f"{spent:.4f} {unit}", f"{next_cost:.4f} {unit}")


def _reached(limit: str, used: str, more: str) -> LanguageModelError:
    return LanguageModelError(
        f"到达上限 {limit}：已用 {used}，下一次请求最多还要 {more}，没有发出。"
        "已写完的部分保留；提高上限后再运行会接着写。"
        f"The ceiling of {limit} is reached: {used} used, the next request could take {more}, so it was not sent."
        " What is finished is kept; run again with a higher ceiling to go on.",
        code="language_model_ceiling",
        limit=limit,
        used=used,
    )
