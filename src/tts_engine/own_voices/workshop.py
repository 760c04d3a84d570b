"""What a voice is tried out with: the engine, its packs, and a few phrases that every voice says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..audio.loudness import measure_loudness

if TYPE_CHECKING:
    from ..acoustic.engine import AcousticEngine
    from ..acoustic.voices import VoiceStore
    from ..types import FloatArray

#: Text -> phonemes of the front end (a test compares). A voice is fitted on the first two and told to the user by the
#: next two; a search compares its states on the last two.
PHRASES = {
    "清晨的阳光穿过薄雾，洒在安静的湖面上。": (
        "ʨʰi→ŋꭧʰə↗n tɤ ja↗ŋkwa→ŋ ꭧʰwa→nkwo↘ pwo↗u↘, sa↓ ʦai↘ a→nʨi↘ŋ tɤ xu↗mjɛ↘n ʂa↘ŋ."
    ),
    "妈妈做的红烧肉又香又软，弟弟吃了两碗饭。": (
        "ma→ma ʦwo↘ tɤ xʊ↗ŋʂau→ɻou↘ jou↘ ɕja→ŋ jou↘ ɻwa↓n, ti↘ti↘ ꭧʰɨ→ lɤ lja↗ŋwa↓nfa↘n."
    ),
    "经过三个月的训练，他终于学会了游泳。": ("ʨi→ŋkwo↘ sa→nkɤ↘ ɥe↘ tɤ ɕy↘nljɛ↘n, tʰa→ ꭧʊ→ŋy↗ ɕɥe↗xwei↘ lɤ jou↗jʊ↓ŋ."),
    "他从口袋里掏出一把生锈的钥匙，打开了门。": (
        "tʰa→ ʦʰʊ↗ŋ kʰou↓tai li↓ tʰau→ꭧʰu→ i↘pa↓ ʂə→ŋɕjou↘ tɤ jau↘ʂɨ, ta↓kʰai→ lɤ mə↗n."
    ),
    "山谷里的回声很久才消失，鸟儿都飞走了。": (
        "ʂa→nku↗ li↓ tɤ xwei↗ʂə→ŋ xə↗n ʨjou↓ ʦʰai↗ ɕjau→ʂɨ→, njau↓ɚ↗ tou→ fei→ ʦou↓ lɤ."
    ),
    "雨停以后，空气里有一股泥土和青草的味道。": (
        "y↓ tʰi↗ŋ i↓xou↘, kʰʊ→ŋʨʰi↘ li↗ jou↓ i↘ku↓ ni↗tʰu↓ xɤ↗ ʨʰi→ŋʦʰau↓ tɤ wei↘tau."
    ),
}
FITTING, HELD_OUT, COMPARING = (tuple(PHRASES.values())[number : number + 2] for number in (0, 2, 4))
#: The fitting phrases in halves, for what costs much per second of audio.
CLAUSES = tuple(clause + "." for phrase in FITTING for clause in phrase.rstrip(".").split(", "))
#: Row of a pack at which a timbre is fitted: about that of the phrases.
ROW = 75
VOICED_HZ = 50.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What the engine makes of a style.

    Attributes:
        lufs: integrated loudness of two phrases.
        pitch_hz: median, 3rd and 97th percentile of F0, Hz.
        waveform: the phrases, one after another, float32 at the engine's rate.
    """

    lufs: float
    pitch_hz: tuple[float, float, float]
    waveform: FloatArray


@dataclass(frozen=True, slots=True)
class Workshop:
    """The parts that voices are made with.

    Attributes:
        engine: the acoustic engine.
        voices: its packs, and the own voices there are.
        model: ``name@version`` of the weights, empty where unknown.
        parameters: reads the parameters of the network, for gradients.
        read: a text -> its phonemes and number of syllables.
    """

    engine: AcousticEngine
    voices: VoiceStore
    model: str = ""
    parameters: Callable[[], Mapping[str, FloatArray]] | None = None
    read: Callable[[str], tuple[str, int]] | None = None

    def say(self, phonemes: str, style: FloatArray, *, seed: int = 0) -> FloatArray:
        """The waveform of a phrase in a style (256,), at the engine's rate."""
        half = self.engine.config.style
        encoding = self.engine.encode(phonemes, style[half:])
        return self.engine.render(encoding, self.engine.predict(encoding), style[:half], seed=seed)

    def pitch(self, prosody_style: FloatArray, phrases: tuple[str, ...] = FITTING) -> FloatArray:
        """(voiced frames,) F0 in Hz that a prosody style draws over the phrases; the decoder is not needed."""
        curves = [self.engine.predict(self.engine.encode(one, prosody_style)).f0 for one in phrases]
        f0 = np.concatenate(curves)
        return np.asarray(f0[f0 > VOICED_HZ])

    def measure(self, pack: FloatArray) -> Measured:
        """Loudness and register of a pack (510, 256), on the phrases that nothing is fitted on."""
        said = [self.say(phonemes, pack[len(phonemes) - 1]) for phonemes in HELD_OUT]
        waveform = np.concatenate(said)
        half = self.engine.config.style
        f0 = self.pitch(pack[ROW - 1, half:], HELD_OUT)
        low, median, high = (float(value) for value in np.percentile(f0, [3, 50, 97])) if len(f0) else (110, 190, 290)
        lufs = measure_loudness(waveform, self.engine.config.sample_rate)
        return Measured(round(max(lufs, -70.0), 2), (round(median, 1), round(low, 1), round(high, 1)), waveform)
