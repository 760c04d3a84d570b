"""The one emotion vocabulary: names, labels and aliases of every entrance.

An emotion is a point on eight axes (the order of IndexTTS-2) or a named style that is more than an emotion. Stable
identifiers are English; labels are Chinese and English. This module knows names only, not how anything sounds.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ControlError, near_matches

AXES = ("happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm")


@dataclass(frozen=True, slots=True)
class Label:
    """A name in the vocabulary.

    Attributes:
        name: stable identifier.
        zh: Chinese label.
        aliases: other names that mean the same, Chinese and English, other systems' included.
    """

    name: str
    zh: str
    aliases: tuple[str, ...] = ()


LABELS = (
    Label("neutral", "中性", ("自然", "普通", "无", "默认", "none", "default")),
    Label("happy", "喜悦", ("开心", "高兴", "快乐", "喜", "joy", "joyful", "happiness", "laughs")),
    Label("angry", "愤怒", ("生气", "恼火", "怒", "anger", "mad")),
    Label("sad", "悲伤", ("难过", "伤心", "哀", "悲", "sadness", "sorrow", "crying", "sorry")),
    Label("afraid", "恐惧", ("害怕", "惊恐", "惧", "fear", "fearful", "scared", "terrified")),
    Label("disgusted", "厌恶", ("嫌弃", "反感", "disgust", "disgruntled", "unfriendly")),
    Label("melancholic", "低落", ("忧郁", "沮丧", "失落", "depressed", "melancholy", "sighs")),
    Label("surprised", "惊喜", ("惊讶", "惊奇", "吃惊", "惊", "surprise", "astonished")),
    Label("calm", "平静", ("冷静", "平和", "镇定", "peaceful", "relaxed", "narration-relaxed")),
    Label("gentle", "温柔", ("轻柔", "柔和", "soft", "tender", "friendly")),
    Label("excited", "激动", ("兴奋", "亢奋", "热情", "enthusiastic", "hopeful", "sports-commentary")),
    Label("cheerful", "愉快", ("欢快", "轻快", "活泼", "bright")),
    Label("affectionate", "深情", ("爱慕", "loving", "empathetic", "lyrical", "poetry-reading")),
    Label("serious", "严肃", ("庄重", "郑重", "formal", "newscast-formal")),
    Label("whispering", "低语", ("耳语", "悄悄话", "whisper", "whispers")),
    Label("shouting", "喊叫", ("大喊", "呐喊", "shout", "shouts", "yelling")),
    Label("sarcastic", "讽刺", ("嘲讽", "嘲笑", "mocking", "sarcasm", "envious")),
    Label("suspense", "悬疑", ("紧张", "神秘", "tense", "mysterious")),
    Label("news", "播报", ("新闻", "播音", "newscast", "newscast-casual", "narration-professional")),
    Label("story", "讲故事", ("故事", "story-telling", "storytelling", "documentary-narration")),
    Label("chat", "聊天", ("闲聊", "chat-casual", "conversational", "assistant", "customerservice")),
    Label("embarrassed", "尴尬", ("害羞", "难为情", "shy")),
    Label("curious", "好奇", ("疑惑", "puzzled")),
)

_BY_NAME = {alias.casefold(): label for label in LABELS for alias in (label.name, label.zh, *label.aliases)}


def find_label(name: str) -> Label:
    """The label that a name means, whatever language or system it comes from.

    Raises:
        ControlError: nobody calls an emotion so; lists near matches.
    """
    label = _BY_NAME.get(name.strip().casefold())
    if label is None:
        near = near_matches(name.strip(), _BY_NAME)
        known = "、".join(label.zh for label in LABELS)
        hint = f"; did you mean {', '.join(near)}?" if near else "."
        raise ControlError(
            f"unknown emotion {name!r}{hint} Known: {known}", code="emotion_unknown", value=name, near=near
        )
    return label


def is_emotion(name: str) -> bool:
    """Whether the vocabulary knows a name."""
    return name.strip().casefold() in _BY_NAME
