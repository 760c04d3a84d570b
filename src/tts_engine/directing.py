"""A text as it is read, and how each sentence of it is meant: where text and emotion meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from .errors import ControlError, FeatureMissingError
from .types import Performance, Reference, Sentence

if TYPE_CHECKING:
    from .emotion.infer import Inference
    from .emotion.tags import EmotionTag
    from .text.frontend import FrontEnd
    from .text.lexicon import UserLexicon
    from .text.manuscript import Manuscript


@dataclass(frozen=True, slots=True)
class References:
    """The recordings that a text may be spoken like; none by default.

    Attributes:
        whole: that of the request, which holds where no tag names another.
        named: those that tags may name.
        notes: by name, what is taken and what is limited, for people; the request's own has the empty name.
    """

    whole: Reference | None = None
    named: Mapping[str, Reference] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, sentence: Sentence) -> tuple[Reference | None, tuple[str, ...]]:
        """The recording for a sentence, and a warning where its tag names an unknown one."""
        asked = sentence.controls.reference
        if asked is None or asked in self.named:
            return (self.whole if asked is None else self.named[asked]), ()
        known = "、".join(self.named) or "无 none"
        return self.whole, (
            f"标签 [ref:{asked}] 没有对应的参考音频，已略去；references 中有：{known}。"
            f"The tag [ref:{asked}] names no recording and is left out; known: {known}.",
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence with its performance.

    Attributes:
        sentence: what is said.
        performance: how it is meant.
        warnings: about reading it.
        is_last: whether nothing follows, as far as ``tell_last`` was asked.
    """

    sentence: Sentence
    performance: Performance
    warnings: tuple[str, ...]
    is_last: bool = False


def tell_last(staged: Iterator[Scene]) -> Iterator[Scene]:
    """The same scenes, the last one marked; reads one sentence ahead to know."""
    held: Scene | None = None
    for scene in staged:
        if held is not None:
            yield held
        held = scene
    if held is not None:
        yield replace(held, is_last=True)


class EmotionReader(Protocol):
    """Reads the emotions of one text, sentence after sentence, in place of the words."""

    def read(self, sentence: str) -> Inference | None:
        """What a sentence says; None leaves it to the words."""

    def take_warnings(self) -> tuple[str, ...]:
        """What a caller should know since the last time."""


#: Makes a reader for one text.
MakeReader = Callable[[], EmotionReader]


def choose_reader(wanted: str, make: MakeReader | None) -> EmotionReader | None:
    """The reader that a request asks for; None for the words.

    Raises:
        FeatureMissingError: a language model is asked for and none is set up.
    """
    if wanted == "words":
        return None
    if make is None:
        raise FeatureMissingError(
            "没有配置语言模型，请设置 TTS_LLM_BASE_URL、TTS_LLM_MODEL（和 TTS_LLM_API_KEY），"
            "或用 emotion_reader=words。"
            "No language model is set up: set TTS_LLM_BASE_URL and TTS_LLM_MODEL (and TTS_LLM_API_KEY), or use"
            " emotion_reader=words.",
            code="language_model_unconfigured",
            option="emotion_reader",
        )
    return make()


def scenes(
    front_end: FrontEnd,
    manuscript: Manuscript,
    *,
    emotion: Any,
    intensity: float | None = None,
    context: bool = True,
    lexicon: UserLexicon | None = None,
    reader: EmotionReader | None = None,
    references: References | None = None,
) -> Iterator[Scene]:
    """Sentence after sentence; a wrong emotion is refused at once, an unknown one in markup is a warning.

    Raises:
        ControlError: ``emotion`` or ``intensity`` is not allowed.
    """
    from .emotion.parse import parse_emotion

    wish = parse_emotion(emotion, intensity)
    tags, tag_warnings = emotion_tags(manuscript, emotion)
    recordings = references or References()
    read_warnings: dict[int, tuple[str, ...]] = {}

    def sentences() -> Iterator[Sentence]:
        for read in front_end.read(manuscript, lexicon):
            read_warnings[read.sentence.span.begin] = read.warnings
            yield read.sentence

    def staged() -> Iterator[Scene]:
        from .emotion.direct import direct

        early = tag_warnings
        followed: set[str] = set()
        read = None if reader is None else reader.read
        for sentence, performance in direct(sentences(), wish, context=context, tags=tags, reader=read):
            told = () if reader is None else reader.take_warnings()
            warnings = early + told + read_warnings.pop(sentence.span.begin)
            reference, unknown = recordings.of(sentence)
            if reference is not None and reference.strength > 0.0 and reference.name not in followed:
                followed.add(reference.name)
                warnings += reference.style.warnings
            yield Scene(sentence, _like(performance, reference, recordings.notes), warnings + unknown)
            early = ()

    return staged()


def _like(performance: Performance, reference: Reference | None, notes: Mapping[str, tuple[str, ...]]) -> Performance:
    """The performance that follows a recording; an emotion that was asked for stays and comes on top."""
    if reference is None or reference.strength == 0.0:
        return performance
    said = (f"参考{reference.name or '音频'}（{reference.strength:g}）", *notes.get(reference.name, ()))
    origin = "reference" if performance.origin == "default" else performance.origin
    return replace(performance, reference=reference, origin=origin, evidence=(*performance.evidence, *said))


def emotion_tags(manuscript: Manuscript, emotion: Any) -> tuple[list[EmotionTag], tuple[str, ...]]:
    """Emotions that markup asks for; a tag with an intensity alone is about the emotion of the request."""
    from .emotion.parse import intensity_of_styledegree, parse_emotion
    from .emotion.tags import EmotionTag

    tags, warnings = [], []
    for request in manuscript.emotions:
        try:
            degree = None if request.degree is None else intensity_of_styledegree(request.degree)
            intensity = degree if request.intensity is None else request.intensity
            meant = parse_emotion(emotion if request.name is None else request.name, intensity)
        except ControlError as error:
            warnings.append(error.message)
        else:
            tags.append(EmotionTag(request.span, meant))
    return tags, tuple(dict.fromkeys(warnings))
