"""The one-line entrance: ``from tts_engine import synthesize``.

Thin over ``Synthesizer``: takes its folders from the settings of the deployment and keeps one loaded synthesizer per
process for each of them.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .errors import ConfigError, FeatureMissingError
from .options import NEUTRAL, make_options
from .pipeline import Lexicon, Synthesizer, as_lexicon
from .settings import Settings, load_settings

if TYPE_CHECKING:
    from .assets import ProgressCallback
    from .directing import EmotionReader, MakeReader
    from .language_model.ceiling import Ceiling
    from .language_model.client import LanguageModel
    from .language_model.prices import PriceTable
    from .language_model.store import Store

_loaded: dict[tuple[object, ...], Synthesizer] = {}
_loading = threading.Lock()
_loading_model = threading.Lock()


def load_synthesizer(
    settings: Settings, *, lexicon: Lexicon | None = None, on_fetch: ProgressCallback | None = None
) -> Synthesizer:
    """A synthesizer of its own for these settings; the one way from a deployment to the core.

    Args:
        settings: of the deployment.
        lexicon: readings beside those of the deployment (``TTS_LEXICON``), before them.
        on_fetch: told about the progress of a first download.

    Raises:
        AssetError, ControlError: as ``Synthesizer``.
        ConfigError: a lexicon that cannot be used.
    """
    synthesizer = Synthesizer(
        cache_hub=settings.cache_hub,
        voices=settings.voices,
        refused_names=settings.refused_names,
        decoder=settings.decoder,
        precision=settings.precision,
        model=settings.model,
        threads=settings.threads,
        device=settings.device,
        offline=settings.offline,
        hub_endpoint=settings.hub_endpoint,
        lexicon=_readings(settings.lexicon, lexicon),
        on_fetch=on_fetch,
        labelling=settings.labelling,
    )
    synthesizer.make_reader = make_reader_of(settings)
    return synthesizer


def _readings(deployment: Path | None, given: Lexicon | None) -> Lexicon | None:
    """The lexicon of a deployment, which may change while it is used, or fixed together with one that was given."""
    if deployment is None or given is None:
        return deployment or given
    from .text.lexicon import UserLexicon

    lexicon = UserLexicon.from_file(deployment)
    return lexicon.merged(as_lexicon(given))


def make_reader_of(settings: Settings) -> MakeReader | None:
    """Makes readers of emotions with the language model of the settings; None where none is set up.

    The model is opened on first use; all texts share its cache.
    """
    if settings.llm_base_url is None or settings.llm_model is None:
        return None
    endpoint_of = (settings.llm_base_url, settings.llm_model, settings.llm_api_key, float(settings.llm_timeout_s))
    extra = settings.llm_fields
    opened: list[LanguageModel] = []

    def make() -> EmotionReader:
        from .language_model.client import Endpoint, LanguageModel
        from .language_model.emotion_reader import ModelReader

        with _loading_model:
            if not opened:
                opened.append(LanguageModel(Endpoint(*endpoint_of, extra=extra)))
        return ModelReader(opened[0])

    return make


def load_prices_of(settings: Settings) -> PriceTable:
    """The price table of this deployment; an empty one where there is none.

    Raises:
        ConfigError: it is named and missing, or not a price table.
    """
    from .language_model.prices import FILE, load_prices

    if settings.prices is not None:
        return load_prices(settings.prices)
    return load_prices(settings.data / FILE, must_exist=False)


def load_language_model(
    settings: Settings, *, store: Store | None = None, ceiling: Ceiling | None = None, timeout_s: float | None = None
) -> LanguageModel:
    """The language model of the settings, to write with; a store that replays needs no settings.

    Args:
        settings: where it is.
        store: answers on the disk.
        ceiling: how much may be used.
        timeout_s: longest silence; None for that of the settings.

    Raises:
        FeatureMissingError: none is set up, or the client is not installed.
        ConfigError: the recording to replay holds answers of several models or of none, and none is named.
    """
    from .language_model.client import Endpoint, LanguageModel

    name = settings.llm_model
    if store is not None and store.is_replay:
        recorded = store.models()
        if name is None and len(recorded) != 1:
            found = ", ".join(recorded) or "无 none"
            raise ConfigError(
                f"{store.folder} 里录有的模型：{found}；请用 TTS_LLM_MODEL 指明要重放哪一个。"
                f"The recording holds answers of: {found}; name one with TTS_LLM_MODEL.",
                code="language_model_not_recorded",
                path=str(store.folder),
            )
        return LanguageModel(Endpoint("", name or recorded[0]), store=store, ceiling=ceiling)
    if settings.llm_base_url is None or name is None:
        raise FeatureMissingError(
            "没有配置语言模型，请设置 TTS_LLM_BASE_URL、TTS_LLM_MODEL（和 TTS_LLM_API_KEY）。"
            "No language model is set up: set TTS_LLM_BASE_URL and TTS_LLM_MODEL (and TTS_LLM_API_KEY).",
            code="language_model_unconfigured",
        )
    endpoint = Endpoint(
        settings.llm_base_url,
        name,
        settings.llm_api_key,
        timeout_s or float(settings.llm_timeout_s),
        retries=4,
        extra=settings.llm_fields,
    )
    return LanguageModel(endpoint, store=store, ceiling=ceiling)


def open_synthesizer(settings: Settings) -> Synthesizer:
    """The process's synthesizer for these settings, loaded on first use."""
    key = (
        settings.cache_hub.resolve(),
        settings.voices.resolve(),
        settings.decoder,
        settings.precision,
        settings.lexicon,
        settings.model,
        settings.threads,
        settings.device,
        settings.labelling,
    )
    with _loading:
        if key not in _loaded:
            _loaded[key] = load_synthesizer(settings)
        return _loaded[key]


def synthesize(
    text: str,
    emotion: str = NEUTRAL,
    ref_audio: str | Path | None = None,
    *,
    output_dir: str | Path | None = None,
    **options: Any,
) -> Path:
    """Speaks a text and returns the path of the audio file, ``outputs/YYYYMMDD_HHMMSS.wav``.

    Args:
        text: what to say, any length.
        emotion: how to say it, a Chinese or English label.
        ref_audio: recording whose way of speaking to follow.
        output_dir: folder of the result; None for ``outputs`` beside the working directory (``TTS_OUTPUTS``).
        options: any field of ``SynthesisOptions``: voice, speed, pitch_shift_st, volume_db, pause_scale,
            loudness_lufs, ref_strength, ref_aspects, seed, format, ...

    Raises:
        TTSError: see ``tts_engine.errors``; bad input never leaves a file behind.
    """
    chosen = make_options(emotion=emotion, ref_audio=ref_audio, **options)
    settings, _ = load_settings()
    synthesizer = open_synthesizer(settings)
    result = synthesizer.synthesize_to_file(text, chosen, output_dir=output_dir or settings.outputs)
    return cast(Path, result.path)
