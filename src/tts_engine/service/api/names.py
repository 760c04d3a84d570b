"""Names that clients of other servers send: OpenAI's voices and models, languages as people write them."""

from __future__ import annotations

from ...errors import ControlError, NotFoundError, near_matches

#: OpenAI's voices -> ours, by the gender and character that OpenAI gives them.
VOICE_ALIASES = {
    "alloy": "zf_xiaoxiao",
    "ash": "zm_yunxi",
    "ballad": "zm_yunxia",
    "coral": "zf_xiaoyi",
    "echo": "zm_yunyang",
    "fable": "zm_yunjian",
    "onyx": "zm_yunjian",
    "nova": "zf_xiaoni",
    "sage": "zf_xiaobei",
    "shimmer": "zf_xiaoyi",
    "verse": "zm_yunxi",
    "marin": "zf_xiaoxiao",
    "cedar": "zm_yunyang",
}

#: The one model of this server, and what existing clients call theirs; all mean the model that is loaded.
MODEL = "tts-engine"
MODEL_ALIASES = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts", "kokoro")

#: What ``language`` may be. Chinese and English are told apart word by word whatever it says.
LANGUAGES = ("auto", "zh", "zh-cn", "chinese", "cmn", "en", "en-us", "english")


def voice_name(asked: str) -> str:
    """Our voice for one of OpenAI's names; any other name as it is."""
    return VOICE_ALIASES.get(asked.strip().lower(), asked)


def check_model(name: object) -> None:
    """Accepts a model that this server has.

    Raises:
        ControlError: not a name.
        NotFoundError: another model.
    """
    if not isinstance(name, str):
        raise ControlError(f"model 应为文字，收到 {name!r}。model must be a string.", option="model", value=repr(name))
    known = (MODEL, *MODEL_ALIASES)
    if name not in known:
        near = near_matches(name, known)
        raise NotFoundError(
            f"没有模型 {name!r}，可用：{'、'.join(known)}。No model {name!r} here; known: {', '.join(known)}.",
            code="model_not_found",
            option="model",
            value=name,
            near=near,
        )


def check_language(name: object) -> None:
    """Accepts a language that is spoken here.

    Raises:
        ControlError: any other.
    """
    if not isinstance(name, str) or name.lower() not in LANGUAGES:
        raise ControlError(
            f"language 应为 auto、zh 或 en（中英文逐词自动识别），收到 {name!r}。"
            f"language must be auto, zh or en (told apart word by word), got {name!r}.",
            option="language",
            value=repr(name),
            allowed=", ".join(LANGUAGES),
        )
