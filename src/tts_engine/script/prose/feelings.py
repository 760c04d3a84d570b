"""How a line is said: its emotion from its own words and from what is told of how it is said.

The one reader of emotions (``emotion.infer``) weighs both: the words of the line, verbs and adverbs of saying (怒吼道,
轻声说) fully, what the speaker does or feels beside it (眼泪涌了出来) by half, as the engine itself does with whole
paragraphs. An adverb that the lexicon does not know is read as a stage direction (``emotion.instructions``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...emotion.clauses import Stretch, split_stretches
from ...emotion.infer import Inference, decide, gather
from ...emotion.instructions import read_instructions
from ...emotion.parse import amounts_of, describe
from ...emotion.vocabulary import NEUTRAL, chinese
from ...emotion.weigh import Evidence as Weighed
from .people import segmenter

#: Share of what the speaker shows beside a line, and of what belongs to another quotation of the same turn.
ACTS_SHARE, NEIGHBOUR_SHARE, ADVERB_WEIGHT = 0.5, 0.5, 0.6

#: What words that only suggest something keep where the narration says how they are said.
VAGUE_SHARE = 0.5
_VAGUE = frozenset({"lone", "hint", "scene", "mark", "lead"})

_SAID = r"(?=[^，。！？：]{0,6}?(?:说|道|问|答|喊|叫|开口|接口|嘟囔|回))"
_MANNER = re.compile(
    r"(?:压低了?|放低了?|提高了?|放轻了?)(?:声音|嗓音|嗓门|音量|语气)"
    rf"|(?:红着脸|咬着牙|皱着眉头?|低着头|喘着气|含着泪|流着泪|笑着|哭着|哽咽着|带着哭腔|板着脸){_SAID}"
    rf"|(?:([冷淡缓怒轻低幽喃沉悠徐])\1|冷|沉声|低声|轻声|柔声|颤声|厉声|朗声|大声|小声|高声|哑声|正色|失声)地?{_SAID}"
)
_ADVERB = re.compile(rf"[一-鿿]{{2,8}}?地{_SAID}")


@dataclass(frozen=True, slots=True)
class Feeling:
    """How a line is said.

    Attributes:
        label: stable identifier of the strongest emotion, ``neutral`` for none.
        emotion: as a line has it; None where neutral.
        intensity: of a single emotion, 0 to 1; None for a blend, which has its own amounts.
        direction: how it is said, in the words of the text (压低声音); None where nothing is told.
        words: what speaks most for it.
        rule: what kind of words these are.
        confidence: 0 to 1.
    """

    label: str = NEUTRAL
    emotion: str | None = None
    intensity: float | None = None
    direction: str | None = None
    words: str = ""
    rule: str = ""
    confidence: float = 0.0


def feel(said: str, tag: str = "", neighbours: Sequence[str] = ()) -> Feeling:
    """How a quotation is said.

    Args:
        said: its words, without quotation marks.
        tag: what is told of how it is said, may be empty.
        neighbours: what is told so of other quotations of the same turn.
    """
    own = list(gather(said, (Stretch(0, len(said), "quote"),))) if said else []
    told = _told(tag, 1.0)
    for other in neighbours:
        told += _told(other, NEIGHBOUR_SHARE)
    direction = _direction(tag)
    if direction and not any(item.kind == "speech" and abs(item.weight) > 0.1 for item in told):
        told += _adverb(direction)
    if any(item.kind == "speech" and item.weight > 0.2 for item in told):
        own = [replace(item, weight=item.weight * VAGUE_SHARE) if item.kind in _VAGUE else item for item in own]
    found = decide(said or tag, tuple(dict.fromkeys((*own, *told))))
    return _feeling(found, direction)


def _told(text: str, share: float) -> list[Weighed]:
    """What narration says of how something is said; what is quoted in it does not count."""
    if not text:
        return []
    stretches, _ = split_stretches(text)
    shares = {"speech": share, "act": ACTS_SHARE * share, "state": ACTS_SHARE * share}
    return [
        replace(item, weight=item.weight * shares[item.kind]) for item in gather(text, stretches) if item.kind in shares
    ]


def _direction(tag: str) -> str | None:
    """How something is said, in the words of the text: 压低声音, 冷冷地, 小心翼翼地."""
    manner = _MANNER.search(tag)
    if manner:
        return manner.group()
    for adverb in _ADVERB.finditer(tag):
        before = adverb.group()[:-1]
        for size in (4, 3, 2):
            if len(before) >= size and segmenter().is_word(before[-size:]):
                return before[-size:] + "地"
    return None


def _adverb(direction: str) -> list[Weighed]:
    """An adverb as a stage direction: 冷冷地 is serious and somewhat disgusted."""
    asked = read_instructions(direction).emotion
    if asked is None or asked.is_neutral:
        return []
    return [
        Weighed(name, direction, 0, 1, ADVERB_WEIGHT * weight, "speech") for name, weight in amounts_of(asked).items()
    ]


def _feeling(found: Inference, direction: str | None) -> Feeling:
    if found.label == NEUTRAL or found.emotion.is_neutral:
        return Feeling(direction=direction)
    amounts = amounts_of(found.emotion)
    strongest = max(found.evidence, key=lambda item: (item.emotion in amounts, item.weight), default=None)
    words, rule = (strongest.word, strongest.kind) if strongest else ("", "")
    total = sum(max(0.0, score) for score in found.scores.values())
    confidence = min(1.0, found.scores.get(found.label, 0.0) / total) if total else 0.0
    if len(amounts) == 1:
        intensity = round(found.emotion.intensity, 2)
        return Feeling(found.label, chinese(found.label), intensity, direction, words, rule, round(confidence, 2))
    return Feeling(found.label, describe(found.emotion), None, direction, words, rule, round(confidence, 2))
