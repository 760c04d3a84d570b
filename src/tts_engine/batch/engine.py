"""What is known of a deployment's engine without loading its model, and how a worker loads it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..identity import engine_identity, identify
from ..options import SynthesisOptions
from ..pipeline import as_lexicon
from ..settings import Settings

if TYPE_CHECKING:
    from ..acoustic.voices import VoiceStore
    from ..assets import ProgressCallback
    from ..pipeline import Lexicon, Synthesizer
    from .planning import Engine


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """Enough of an engine on the processor to plan for it.

    Attributes:
        identity: as ``Synthesizer.identity``.
        voices: those that can be asked for.
    """

    identity: str
    voices: VoiceStore

    def identify(self, text: str, options: SynthesisOptions | None = None, *, lexicon: Lexicon | None = None) -> str:
        """As ``Synthesizer.identify``.

        Raises:
            ControlError: unknown voice.
            AudioError: a recording cannot be read.
        """
        readings = as_lexicon(lexicon)
        return identify(text, options or SynthesisOptions(), self.identity, self.voices, readings)


def has_card(settings: Settings) -> bool:
    """Whether these settings choose a graphics card here.

    Raises:
        FeatureMissingError: they name one that is not there.
    """
    from ..acoustic.device import choose_device
    from ..acoustic.fast.weights import is_fast

    return not is_fast(settings.decoder) and choose_device(settings.device).card is not None


def facts_of(settings: Settings, *, on_fetch: ProgressCallback | None = None) -> Engine:
    """What planning must know of the engine that ``load_synthesizer`` would load; fetches a missing model.

    On a graphics card that is the engine itself, since only it knows how the card computes.

    Raises:
        AssetError: the model is missing and cannot be fetched.
        ConfigError: the readings or the decoder of the settings cannot be used.
        FeatureMissingError: they choose the fast decoder, and none is installed.
    """
    if has_card(settings):
        from ..api import load_synthesizer

        return load_synthesizer(settings, on_fetch=on_fetch)
    from ..acoustic.fast.weights import find_decoder
    from ..acoustic.precision import choose_precision
    from ..acoustic.voices import VoiceStore
    from ..assets import CacheHub
    from ..own_voices.shelf import Shelf

    hub = CacheHub(settings.cache_hub, hub_endpoint=settings.hub_endpoint)
    files = hub.ensure(settings.model, progress=on_fetch, offline=settings.offline)
    readings = as_lexicon(settings.lexicon)
    decoder = find_decoder(settings.decoder, settings.cache_hub)
    precision = choose_precision(settings.precision, folder=files.derived_dir, decoder=decoder)
    identity = engine_identity(
        model=f"{files.name}@{files.version}",
        digest=files.manifest.digest,
        decoder=decoder,
        lexicon=readings if readings is not None and readings.entries else None,
        audible=settings.labelling.heard,
        precision=precision.name,
    )
    return EngineFacts(identity, VoiceStore(files.voices_dir, Shelf(settings.voices)))


def load_engine(settings: Settings, threads: int) -> Synthesizer:
    """The synthesizer of one worker.

    Raises:
        AssetError: the model is missing or damaged.
    """
    from ..api import load_synthesizer

    return load_synthesizer(dataclasses.replace(settings, threads=threads))
