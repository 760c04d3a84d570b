"""Sums over the ledger: per programme, per style, in total; what a finished minute costs and how texts grow.

A programme counts as many finished minutes as its parts had when they were rendered last; tokens, money and time add up
over every run, the failed and repeated ones too: they were spent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..language_model.prices import PriceTable
from .records import Rendering, Writing

#: Style of a programme whose text no language model wrote and whose rendering names none.
UNWRITTEN = "as written"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a programme, a style or everything came to.

    Attributes:
        name: of the programme or style.
        style: of the programme.
        programmes: how many are added up.
        requests: sent to language models.
        replayed: questions answered from what is kept.
        prompt_tokens: in.
        cached_tokens: those of them in the server's cache.
        completion_tokens: out.
        is_estimated: some tokens are estimates.
        cost: money by currency.
        unpriced: models whose tokens have no price; ``cost`` is without them.
        characters_in: of the texts that programmes are made from.
        characters_out: written to be spoken.
        characters: spoken in finished audio.
        audio_s: finished audio.
        rendered_s: audio rendered in all runs.
        render_s: time of all rendering.
        writing_s: time of all asking.
        unrendered_tokens: tokens of programmes without finished audio; not in ``tokens_per_minute``.
    """

    name: str
    style: str = ""
    programmes: int = 0
    requests: int = 0
    replayed: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    is_estimated: bool = False
    cost: dict[str, float] = field(default_factory=dict)
    unpriced: tuple[str, ...] = ()
    characters_in: int = 0
    characters_out: int = 0
    characters: int = 0
    audio_s: float = 0.0
    rendered_s: float = 0.0
    render_s: float = 0.0
    writing_s: float = 0.0
    unrendered_tokens: int = 0

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def minutes(self) -> float:
        """Finished audio."""
        return self.audio_s / 60.0

    @property
    def tokens_per_minute(self) -> float | None:
        """Tokens per finished minute; None where nothing is finished."""
        return (self.tokens - self.unrendered_tokens) / self.minutes if self.audio_s > 0 else None

    @property
    def growth(self) -> float | None:
        """Characters written per character of the source; None where either is not known."""
        return self.characters_out / self.characters_in if self.characters_in and self.characters_out else None

    @property
    def rtf(self) -> float | None:
        """Time of rendering per second of audio rendered; lower is better."""
        return self.render_s / self.rendered_s if self.rendered_s > 0 else None


@dataclass(frozen=True, slots=True)
class Stats:
    """The whole ledger in figures.

    Attributes:
        programmes: in the order in which they appeared.
        styles: in the order of growth, the plainest first.
        total: of everything.
    """

    programmes: tuple[Figures, ...]
    styles: tuple[Figures, ...]
    total: Figures


def add_up(writings: Sequence[Writing], renderings: Sequence[Rendering], prices: PriceTable | None = None) -> Stats:
    """The figures of these lines.

    Args:
        writings: lines about writing.
        renderings: lines about rendering.
        prices: for what had no price when it was recorded; what had one keeps it.
    """
    everything: list[Writing | Rendering] = [*writings, *renderings]
    lines: dict[str, tuple[list[Writing], list[Rendering]]] = {}
    for line in sorted(everything, key=lambda line: line.at):  # stable: what was added later stays behind
        written, rendered = lines.setdefault(line.programme, ([], []))
        if isinstance(line, Writing):
            written.append(line)
        else:
            rendered.append(line)
    programmes = tuple(_programme(name, *both, prices or PriceTable()) for name, both in lines.items())
    styles = [
        _sum(style, style, [one for one in programmes if one.style == style])
        for style in dict.fromkeys(one.style for one in programmes)
    ]
    styles.sort(key=lambda one: (one.growth or 1.0, one.name))
    return Stats(programmes, tuple(styles), _sum("total", "", programmes))


def _programme(name: str, writings: Sequence[Writing], renderings: Sequence[Rendering], prices: PriceTable) -> Figures:
    cost: dict[str, float] = {}
    unpriced: dict[str, None] = {}
    for line in writings:
        price = prices.find(line.model) if line.cost is None else None
        if line.cost is not None:
            currency = line.currency or "CNY"
            cost[currency] = cost.get(currency, 0.0) + line.cost
        elif price is not None:
            more = price.of(line.prompt_tokens, line.completion_tokens, line.cached_tokens)
            cost[price.currency] = cost.get(price.currency, 0.0) + more
        elif line.prompt_tokens or line.completion_tokens:
            unpriced[line.model] = None
    finished = {line.part: line for line in renderings}  # the last of each part
    if "" in finished and len(finished) > 1:  # the whole was rendered at once and by chapters: the later one counts
        whole = finished.pop("")
        if whole.at >= max(line.at for line in finished.values()):
            finished = {"": whole}
    last = _last_sizes(writings)
    tokens = sum(line.prompt_tokens + line.completion_tokens for line in writings)
    audio_s = sum(line.audio_s for line in finished.values())
    return Figures(
        name=name,
        style=_style(writings, renderings),
        programmes=1,
        requests=sum(line.requests for line in writings),
        replayed=sum(line.replayed for line in writings),
        prompt_tokens=sum(line.prompt_tokens for line in writings),
        cached_tokens=sum(line.cached_tokens for line in writings),
        completion_tokens=sum(line.completion_tokens for line in writings),
        is_estimated=any(line.is_estimated for line in writings),
        cost=cost,
        unpriced=tuple(unpriced),
        characters_in=last[0],
        characters_out=last[1],
        characters=sum(line.characters for line in finished.values()),
        audio_s=audio_s,
        rendered_s=sum(line.rendered_s for line in renderings),
        render_s=sum(line.render_s for line in renderings),
        writing_s=sum(line.seconds for line in writings),
        unrendered_tokens=0 if audio_s > 0 else tokens,
    )


def _last_sizes(writings: Sequence[Writing]) -> tuple[int, int]:
    """Size of the source and of what came of it: a programme that is written twice is not twice as long.

    Where several tasks follow each other (expanded, then dramatised), the source is that of the first task and the
    text that of the last.
    """
    runs = [line for line in writings if line.characters_out]
    if not runs:
        return 0, 0
    first = next(line for line in reversed(runs) if line.task == runs[0].task)
    return first.characters_in, runs[-1].characters_out


def _style(writings: Sequence[Writing], renderings: Sequence[Rendering]) -> str:
    lines: list[Writing | Rendering] = [*reversed(writings), *reversed(renderings)]
    return next((line.style for line in lines if line.style), UNWRITTEN)


def _sum(name: str, style: str, rows: Sequence[Figures]) -> Figures:
    def of(take: Callable[[Figures], int]) -> int:
        return sum(take(row) for row in rows)

    cost: dict[str, float] = {}
    for row in rows:
        for currency, amount in row.cost.items():
            cost[currency] = cost.get(currency, 0.0) + amount
    grown = [row for row in rows if row.growth is not None]  # source and text of the same programmes
    return replace(
        Figures(name, style),
        programmes=len(rows),
        requests=of(lambda row: row.requests),
        replayed=of(lambda row: row.replayed),
        prompt_tokens=of(lambda row: row.prompt_tokens),
        cached_tokens=of(lambda row: row.cached_tokens),
        completion_tokens=of(lambda row: row.completion_tokens),
        is_estimated=any(row.is_estimated for row in rows),
        cost=cost,
        unpriced=tuple(dict.fromkeys(model for row in rows for model in row.unpriced)),
        characters_in=sum(row.characters_in for row in grown),
        characters_out=sum(row.characters_out for row in grown),
        characters=of(lambda row: row.characters),
        audio_s=sum(row.audio_s for row in rows),
        rendered_s=sum(row.rendered_s for row in rows),
        render_s=sum(row.render_s for row in rows),
        writing_s=sum(row.writing_s for row in rows),
        unrendered_tokens=of(lambda row: row.unrendered_tokens),
    )
