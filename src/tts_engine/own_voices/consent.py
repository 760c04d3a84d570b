"""Consent: no voice is made from recordings without a statement, and none of a person on the list of refused names.

The list is a plain file (``refused_names.txt``), one person a line with all spellings; an operator adds a file of
their own in the same form, in which a line that begins with ``-`` takes a name off again.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from ..errors import ConfigError, ControlError
from ..text.normalise.traditional import to_simplified

LEAST_CHARACTERS, MOST_CHARACTERS = 6, 2000
EXAMPLE = "本人王小明同意用这些录音制作我的声音 / I, Ann Lee, agree to a voice made from my recordings"
_HAN = re.compile(r"[\u3400-\u9fff]")
#: What stands beside a name of two characters; 马云飞 and 本周深夜 are nobody on the list.
_BEFORE = r"(?:^|(?<=[^\u3400-\u9fff])|(?<=[是叫由为经请和与名人的把用让对给及作造仿像似学扮演隆]))"
_AFTER = r"(?=$|[^\u3400-\u9fff]|[同的本先老授说表已在将和与是可之愿许把对声及一])"


def checked_statement(statement: str | None, *, option: str = "consent") -> str:
    """The statement without spaces around it.

    Raises:
        ControlError: missing, or too short to say who consents to what.
    """
    text = " ".join(statement.split()) if isinstance(statement, str) else ""
    letters = sum(character.isalnum() for character in text)
    if letters < LEAST_CHARACTERS or len(text) > MOST_CHARACTERS or not text.isprintable():
        raise ControlError(
            f"缺少授权声明：请写明谁同意做什么（{LEAST_CHARACTERS}–{MOST_CHARACTERS} 字），收到 {text[:60]!r}。"
            f"A statement of consent is needed that says who agrees to what ({LEAST_CHARACTERS} to {MOST_CHARACTERS}"
            f" characters), got {text[:60]!r}. Example 例: {EXAMPLE}.",
            code="consent_missing",
            option=option,
            value=text[:200],
        )
    return text


def refuse_public_figures(
    name: str, statement: str = "", own_list: str | Path | None = None, *, option: str = "name"
) -> None:
    """Passes unless the name or the statement is about a person on the list.

    Args:
        name: of the voice that is to be made; empty where only a timbre is taken.
        statement: of consent.
        own_list: the operator's file.
        option: what the error is about.

    Raises:
        ControlError: it is; says who.
        ConfigError: the operator's file cannot be read.
    """
    for person, spellings in _people(Path(own_list) if own_list else None).items():
        if any(_names(name, spelling, is_name=True) or _names(statement, spelling) for spelling in spellings):
            raise ControlError(
                f"不能采用“{person}”的声音：该姓名在拒绝名单中。若是同名的普通人，部署者可在 TTS_REFUSED_NAMES 文件中写"
                f" -{person}。The voice of {person} cannot be taken: the name is on the list of refused names; an"
                f" operator can take it off with a line '-{person}' in the file TTS_REFUSED_NAMES.",
                code="voice_name_refused",
                option=option,
                value=person,
            )


def _names(text: str, spelling: str, *, is_name: bool = False) -> bool:
    """Whether a text names a person in this spelling.

    Chinese names of three characters are found anywhere and, in the name of a voice, by their sound; those of two,
    which are parts of other words and names too, only between characters that stand beside a name. Latin ones are
    found as whole words, written together or apart, pinyin among them, with or without digits (``ma1yun2``).
    """
    from pypinyin import lazy_pinyin

    folded = _fold(text)
    if _HAN.search(spelling):
        edge_before, edge_after = ("", "") if len(spelling) > 2 else (_BEFORE, _AFTER)
        if re.search(edge_before + re.escape(spelling) + edge_after, folded):
            return True
        syllables = lazy_pinyin(spelling)
        if is_name and len(spelling) > 2 and lazy_pinyin(folded) == syllables:
            return True
        spelling = " ".join(syllables) if len(syllables) > 2 or is_name else ""
    words, wanted = (re.findall(r"[a-z]+", one) for one in (folded, spelling))
    joined = "".join(wanted)
    lengths = range(1, len(wanted) + 1)
    return any("".join(words[i : i + n]) == joined for i in range(len(words)) for n in lengths)


@functools.cache
def _fold(text: str) -> str:
    """Simplified, without case, width, accents and the marks that people put between the parts of a name."""
    text = to_simplified(unicodedata.normalize("NFKC", text)).casefold()
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = re.sub(r"(?<=[\u3400-\u9fff])[\s·•・.\-_]+(?=[\u3400-\u9fff])", "", text)
    return re.sub(r"[^\w]+", " ", text.replace("_", " ")).strip()


def _people(own_list: Path | None) -> dict[str, tuple[str, ...]]:
    shipped = resources.files(__package__).joinpath("refused_names.txt").read_text(encoding="utf-8")
    people = dict(_read(shipped.splitlines()))
    if own_list is None:
        return people
    try:
        lines = own_list.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"无法读取拒绝名单 {own_list}：{error}。Cannot read the list of refused names (TTS_REFUSED_NAMES): give a"
            " UTF-8 text file with one name a line.",
            setting="TTS_REFUSED_NAMES",
            value=str(own_list),
        ) from error
    for line in lines:
        if line.strip().startswith("-"):
            gone = _fold(line.strip()[1:])
            people = {person: forms for person, forms in people.items() if gone not in forms}
    return people | dict(_read(line for line in lines if not line.strip().startswith("-")))


def _read(lines: Iterable[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """``张三 | San Zhang | ...`` -> the first spelling as written, and all of them folded."""
    for line in lines:
        spellings = [part.strip() for part in line.partition("#")[0].split("|") if part.strip()]
        if spellings:
            yield spellings[0], tuple(dict.fromkeys(_fold(spelling) for spelling in spellings))
