"""Any script at all, for laws that hold for all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from tts_engine.script.fields import KINDS, LINE_FIELDS, ROLE_FIELDS
from tts_engine.script.model import NARRATOR, UNKNOWN, Chapter, Evidence, Line, Role, Script

NASTY = "：:（）()【】[]{}=#@|/\\*-—…“”\"，。！？ a1说=小雨旁白停顿秒<>`'~"
EMOTIONS = ("害怕", "悲伤 0.6 + 愤怒 0.3", "auto", "非常开心", "excited", "0,0,0.5,0,0,0,0,0", "sad 0.4", "温柔")


def words(max_size: int = 12) -> st.SearchStrategy[str]:
    """Texts that begin and end with what is seen and hold no line break."""
    characters = st.one_of(st.sampled_from(NASTY), st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")))
    return st.text(characters, min_size=1, max_size=max_size).map(str.strip).filter(bool)


def _number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False).map(lambda value: value + 0.0)


def _values(fields: object, name: str) -> st.SearchStrategy[object]:
    field = next(field for field in fields if field.name == name)
    return _number(field.minimum, field.maximum)


def texts() -> st.SearchStrategy[str]:
    """What a line says: one or more lines, the inner ones verbatim, empty ones too."""
    inner = st.lists(st.one_of(st.just(""), words()), max_size=2)
    return st.builds(lambda first, more, last: "\n".join([first, *more, last]), words(20), inner, words()) | words(20)


def lines(names: list[str]) -> st.SearchStrategy[Line]:
    evidence = st.builds(Evidence, words(), words(), words(), _number(0, 1))
    return st.builds(
        Line,
        text=texts(),
        role=st.sampled_from([NARRATOR, UNKNOWN, *names]),
        emotion=st.none() | st.sampled_from(EMOTIONS),
        intensity=st.none() | _number(0, 1),
        direction=st.none() | words(),
        pause_s=st.none() | _values(LINE_FIELDS, "pause_s"),
        speed=st.just(1.0) | _values(LINE_FIELDS, "speed"),
        volume_db=st.just(0.0) | _values(LINE_FIELDS, "volume_db"),
        sound=st.none() | words(),
        span=st.none() | st.just((3, 9)),
        evidence=st.lists(evidence, max_size=1).map(tuple),
    )


def roles(name: str) -> st.SearchStrategy[Role]:
    return st.builds(
        Role,
        st.just(name),
        voice=st.none() | words(),
        description=st.just("") | words(),
        emotion=st.none() | st.sampled_from(EMOTIONS),
        speed=st.just(1.0) | _values(ROLE_FIELDS, "speed"),
        pitch_shift_st=st.just(0.0) | _values(ROLE_FIELDS, "pitch_shift_st"),
        reference=st.none() | words(),
        lexicon=st.lists(st.tuples(words().filter(lambda word: "=" not in word), words()), max_size=2).map(tuple),
    ) | st.just(Role(name))


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """A script that says something, with every role that its lines name, in order."""
    names = draw(st.lists(words(), max_size=3, unique=True))
    declared = {name: draw(roles(name)) for name in names}
    silent = st.builds(
        lambda direction, pause: Line("", direction=direction, pause_s=pause), words(), st.none() | st.just(2.5)
    )
    chapter = st.builds(
        Chapter,
        st.just("") | words(),
        st.lists(lines(names) | silent, max_size=4).map(tuple),
        st.none() | words(),
    )
    chapters = draw(
        st.lists(chapter, min_size=1, max_size=3).filter(lambda many: any(one.lines or one.title for one in many))
    )
    for line in (line for one in chapters for line in one.lines):
        declared.setdefault(line.role, Role(line.role))
    return Script(
        draw(st.just("") | words()),
        tuple(chapters),
        declared,
        author=draw(st.just("") | words()),
        language=draw(st.sampled_from(["zh-CN", "en"])),
        kind=draw(st.sampled_from(list(KINDS))),
    )
