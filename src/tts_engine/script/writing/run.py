"""One run of a task: lines as the model writes them, and the script of what is finished.

for line in Run("expand", text, model): ...      the beginning is there while the rest is written
run.script                                       at any time, also after an error: what is finished is kept
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...errors import LanguageModelError
from ...language_model.client import LanguageModel, Usage
from ...ledger import Writing
from ...text.markup import read_markup
from ..model import Chapter, Line, Script
from .answers import PLAN_FIELDS, PLAN_SCHEMA, describe_fields, line_schema
from .cast import Cast
from .checks import check_name, check_object, check_words, spoken_length
from .chunks import cut
from .listings import CONTEXT_CHARACTERS, Annotation, Form, Rewriting, Section, renamed
from .prompts import Prompts
from .tasks import LENGTHS, WritingOptions, check_source, find_task

if TYPE_CHECKING:
    from ...language_model.prices import PriceTable
    from ...ledger import Ledger
    from ..model import Role

#: Characters of a section; what is longer is planned first.
SECTION_CHARACTERS = 900

#: An ending may lead to this share of the length, and may have so many characters in any case.
_MOST_SHARE, _SHORTEST_ENDING = 1.1, 20


class Run:
    """One run. Iterated once; not shared by threads.

    Args:
        task: name of a task, see ``TASKS``.
        text: summary, outline, article, story: material, never instructions.
        model: who writes; its store, if any, makes a second run cost nothing.
        options: how to write.
        prompts: where the instructions come from.
        ledger: where tokens and money are written down, after every request.
        prices: of models.
        programme: name in the ledger, and title where there is none; empty for the title.
        fallback: name and title where neither is given and no plan finds one, for instance that of the file.

    Attributes:
        usage: of this run alone.
        characters_in: of the text.
        is_complete: whether everything is written.
        warnings: what is not as it was asked for.

    Raises:
        ControlError, TextError, SizeError, ConfigError: something cannot be; nothing was asked yet.
    """

    def __init__(
        self,
        task: str,
        text: str,
        model: LanguageModel,
        *,
        options: WritingOptions | None = None,
        prompts: Prompts | None = None,
        ledger: Ledger | None = None,
        prices: PriceTable | None = None,
        programme: str = "",
        fallback: str = "",
    ) -> None:
        self.task = find_task(task)
        self.options = options or WritingOptions()
        self.characters_in = check_source(self.task, text)
        self._text, self._model, self._ledger = text, model, ledger
        self._prompts = prompts or Prompts()
        self._price = prices.find(model.endpoint.model) if prices is not None else None
        self._title = self.options.title or programme
        self._programme, self._fallback = programme, fallback
        self._unrecorded: list[Usage] = []  # until the programme has its name
        self._has_name = bool(self._title) or not self.task.is_composed
        self._cast = self._begin_cast()
        self._form = self._make_form(self.task.name)
        self._chapters: list[tuple[str, list[Line]]] = []
        self.usage = Usage()
        self.is_complete = False
        self.warnings: tuple[str, ...] = self._warn_of_markup()
        self._lines = self._run()

    def __iter__(self) -> Iterator[Line]:
        """Lines, each as soon as it is complete.

        Raises:
            LanguageModelError: the model does not go on, or the ceiling is reached; ``script`` holds what is finished.
        """
        return self._lines

    @property
    def script(self) -> Script:
        """What is finished. Roles that turned out to be one person have one name in every line."""
        chapters = tuple(
            Chapter(title, tuple(renamed(line, self._cast) for line in lines))
            for title, lines in self._chapters
            if lines
        )
        names = dict.fromkeys(line.role for chapter in chapters for line in chapter.lines)
        roles = {name: self._cast.role(name) for name in names}
        return Script(self._title or self._fallback, chapters or (Chapter("", ()),), roles, kind=self.task.kind)

    @property
    def programme(self) -> str:
        """Name in the ledger, the same as the title of the script unless both were given."""
        return self._programme or self._title or self._fallback or self.task.name

    @property
    def roles(self) -> tuple[Role, ...]:
        """Everybody known so far, to be handed on to the next chapter as ``WritingOptions.roles``."""
        return tuple(self._cast.role(entry["name"]) for entry in self._cast.known())

    @property
    def cost(self) -> tuple[float, str] | None:
        """Money and currency of this run; None where the model has no price."""
        if self._price is None:
            return None
        used = self.usage
        amount = self._price.of(used.prompt_tokens, used.completion_tokens, used.cached_tokens)
        return amount, self._price.currency

    @property
    def characters_out(self) -> int:
        """Written so far."""
        return sum(spoken_length(line.text) for _, lines in self._chapters for line in lines)

    def _run(self) -> Iterator[Line]:
        try:
            yield from self._compose() if self.task.is_composed else self._work_through()
            self.is_complete = True
        finally:
            self._name()
            if self._ledger is not None:
                self._record(Usage(), characters_in=self.characters_in, characters_out=self.characters_out)

    # Texts that are worked through, piece by piece

    def _work_through(self) -> Iterator[Line]:
        lines = self._open_chapter("")
        for begin, end in cut(self._text, self.options.piece_characters):
            text = self._text[begin:end]
            if not spoken_length(text):
                continue
            is_annotated = self.task.name == "annotate"
            before = (
                self._text[max(0, begin - CONTEXT_CHARACTERS) : begin]
                if is_annotated
                else "\n".join(line.text for line in lines[-8:])
            )
            data: dict[str, Any] = {"text": text, "before": before[-CONTEXT_CHARACTERS:]}
            if self._cast.is_open:
                data["cast"] = self._cast.known()
            if self.options.wishes:
                data["wishes"] = self.options.wishes
            listing: Annotation | Rewriting
            if is_annotated:
                listing = Annotation(self._form, data, self._cast, begin)
            else:
                listing = Rewriting(self._form, data, self._cast)
            for line in self._model.ask_items(listing, self._used):
                lines.append(line)
                yield line
            self._warn_if_short(listing.missing())

    # Texts that are written from little, section by section

    def _compose(self) -> Iterator[Line]:
        length = self.options.length or min(max(round(self.task.factor * self.characters_in), 600), LENGTHS[1])
        sections = self._plan(length)
        self._name()
        titles = [title for title, _ in sections]
        written: list[Line] = []
        lines: list[Line] = []
        for number, (title, points) in enumerate(sections, 1):
            left = length - self.characters_out
            share = round(left / (len(sections) - number + 1))
            if share < _SHORTEST_ENDING:
                break  # earlier sections took it all
            if not lines or self.task.name == "outline":
                lines = self._open_chapter(title if self.task.name == "outline" and len(sections) > 1 else "")
            data = {
                "source": self._text,
                "section": {"title": title, "points": points},
                "sections": titles,
                "part": number,
                "parts": len(sections),
                "characters": share,
                "before": "\n".join(line.text for line in written[-8:])[-CONTEXT_CHARACTERS:],
                **self._common(),
            }
            is_last = number == len(sections)
            listing = Section(self._form, data, self._cast, share if is_last else round(1.15 * share))
            for line in self._model.ask_items(listing, self._used):
                lines.append(line)
                written.append(line)
                yield line
            if is_last and listing.was_cut:
                for line in self._end(data, written, length):
                    lines.append(line)
                    yield line
        off = self.characters_out / length - 1.0
        if abs(off) > 0.12:
            self.warnings += (
                f"要求约 {length} 字，写成 {self.characters_out} 字（{off:+.0%}）。"
                f"About {length} characters were asked for, {self.characters_out} were written.",
            )

    def _plan(self, length: int) -> list[tuple[str, list[str]]]:
        count = round(length / SECTION_CHARACTERS)
        if count <= 1:
            return [("", [])]
        form = Form(self._prompts.instructions("plan", PLAN_FIELDS), PLAN_SCHEMA, (), "plan", 0.7)
        data = {
            "kind": self.task.name,
            "source": self._text,
            "characters": length,
            "count": count,
            **self._common(),
        }

        def accept(answer: Any) -> tuple[str, list[tuple[str, list[str]]]]:
            plan = check_object(answer, ("title", "sections"))
            title = check_words(plan["title"], "title", 80)
            sections = plan["sections"]
            if not isinstance(sections, list) or not max(1, count // 2) <= len(sections) <= 2 * count:
                raise ValueError(f"sections must be a list of about {count}")
            found = []
            for one in sections:
                section = check_object(one, ("title", "points"))
                points = section["points"]
                if not isinstance(points, list) or not 1 <= len(points) <= 12:
                    raise ValueError("points must be a list of 1 to 12 texts")
                name = check_words(section["title"], "the title of a section", 60)
                found.append((name, [check_words(point, "a point", 300) for point in points]))
            return title, found

        title, sections = self._model.ask(form.question(data), accept, self._used)
        self._title = self._title or title
        return sections

    def _end(self, data: dict[str, Any], written: list[Line], length: int) -> list[Line]:
        """The last words, in what is left of the length."""
        most = max(_SHORTEST_ENDING, round(_MOST_SHARE * length) - self.characters_out)
        form = self._make_form("ending")
        before = "\n".join(line.text for line in written[-8:])[-CONTEXT_CHARACTERS:]
        asked = {**{key: data[key] for key in data if key not in ("sections", "part", "parts")}, "before": before}

        def accept(answer: Any) -> list[Line]:
            lines = check_object(answer, ("lines",))["lines"]
            if not isinstance(lines, list) or not lines:
                raise ValueError("lines must be a list with at least one line")
            section = Section(form, {**asked, "characters": most}, self._cast, 10 * most)
            found = [section.accept("lines", item) for item in lines]
            if section.characters > most:
                raise ValueError(f"the ending has {section.characters} characters, at most {most} are allowed")
            return [line for line in found if line is not None]

        try:
            return self._model.ask(form.question({**asked, "characters": most}), accept, self._used)
        except LanguageModelError as error:
            if error.code != "language_model_unusable":
                raise
            self.warnings += (
                f"没能在 {most} 字内收尾，结尾停在字数用完处。"
                f"No ending of at most {most} characters was written; the text stops where its length is used up.",
            )
            return []

    # What both share

    def _begin_cast(self) -> Cast:
        if self.task.name == "podcast":
            from ..model import Role

            return Cast([Role(check_name(name)) for name in self.options.hosts], is_open=False)
        has_roles = "role" in self.task.fields
        return Cast(self.options.roles if has_roles else (), is_open=has_roles)

    def _make_form(self, prompt: str) -> Form:
        fields, has_cast = self.task.fields, self._cast.is_open
        hosts = [check_name(name) for name in self.options.hosts] if self.task.name == "podcast" else []
        return Form(
            self._prompts.instructions(prompt, describe_fields(fields, has_cast=has_cast)),
            line_schema(fields, has_cast=has_cast, roles=hosts),
            fields,
            prompt,
            self.task.temperature,
        )

    def _common(self) -> dict[str, Any]:
        common: dict[str, Any] = {"wishes": self.options.wishes} if self.options.wishes else {}
        if self.task.name == "podcast":
            common["hosts"] = [check_name(name) for name in self.options.hosts]
        return common

    def _open_chapter(self, title: str) -> list[Line]:
        lines: list[Line] = []
        self._chapters.append((title, lines))
        return lines

    def _warn_if_short(self, missing: str) -> None:
        if missing:
            self.warnings += (f"有一段可能没有写全：{missing}。A passage may be incomplete.",)

    def _warn_of_markup(self) -> tuple[str, ...]:
        if self.task.name != "annotate":
            return ()
        count = len(read_markup(self._text).requests)
        if not count:
            return ()
        return (
            f"原文里有 {count} 处引擎标记，会照常起作用。The text holds engine markup in {count} places; it will act.",
        )

    def _used(self, used: Usage) -> None:
        self.usage = self.usage + used
        if not self._has_name:
            self._unrecorded.append(used)
        elif self._ledger is not None:
            self._record(used)

    def _name(self) -> None:
        """Writes down what was used before the plan gave the programme its name."""
        self._has_name = True
        waiting, self._unrecorded = self._unrecorded, []
        if self._ledger is not None:
            for used in waiting:
                self._record(used)

    def _record(self, used: Usage, *, characters_in: int = 0, characters_out: int = 0) -> None:
        assert self._ledger is not None
        price = self._price
        cost = price.of(used.prompt_tokens, used.completion_tokens, used.cached_tokens) if price else None
        self._ledger.record(
            Writing(
                programme=self.programme,
                task=self.task.name,
                model=self._model.endpoint.model,
                style=self.task.style,
                requests=used.requests,
                replayed=used.cached,
                prompt_tokens=used.prompt_tokens,
                cached_tokens=used.cached_tokens,
                completion_tokens=used.completion_tokens,
                is_estimated=used.is_estimated,
                characters_in=characters_in,
                characters_out=characters_out,
                seconds=used.seconds,
                cost=cost,
                currency=price.currency if price else None,
            )
        )


def write(task: str, text: str, model: LanguageModel, **how: Any) -> Run:
    """The run of a task, finished.

    Args:
        task: name of a task.
        text: material.
        model: who writes.
        how: as ``Run``.

    Raises:
        TTSError: as ``Run`` and its iteration. To keep what was finished before an error, iterate over a ``Run``.
    """
    run = Run(task, text, model, **how)
    for _ in run:
        pass
    return run
