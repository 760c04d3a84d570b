"""A text as it is read, and how each sentence of it is meant: where text and emotion meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .errors import ControlError, FeatureMissingError
from .types import Performance, Sentence

if TYPE_CHECKING:
    from .emotion.infer import Inference
    from .emotion.tags import EmotionTag
    from .text.frontend import FrontEnd
    from .text.lexicon import UserLexicon
    from .text.manuscript import Manuscript


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence with its performance.

    Attributes:
        sentence: what is said.
        performance: how it is meant.
        warnings: about reading it.
    """

    sentence: Sentence
    performance: Performance
    warnings: tuple[str, ...]


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
) -> Iterator[Scene]:
    """Sentence after sentence; a wrong emotion is refused at once, an unknown one in markup is a warning.

    Raises:
        ControlError: ``emotion`` or ``intensity`` is not allowed.
    """
    from .emotion.parse import parse_emotion

    wish = parse_emotion(emotion, intensity)
    tags, tag_warnings = emotion_tags(manuscript, emotion)
    read_warnings: dict[int, tuple[str, ...]] = {}

    def sentences() -> Iterator[Sentence]:
        for read in front_end.read(manuscript, lexicon):
            read_warnings[read.sentence.span.begin] = read.warnings
            yield read.sentence

    def staged() -> Iterator[Scene]:
        from .emotion.direct import direct

        early = tag_warnings
        read = None if reader is None else reader.read
        for sentence, performance in direct(sentences(), wish, context=context, tags=tags, reader=read):
            told = () if reader is None else reader.take_warnings()
            yield Scene(sentence, performance, early + told + read_warnings.pop(sentence.span.begin))
            early = ()

    return staged()


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
