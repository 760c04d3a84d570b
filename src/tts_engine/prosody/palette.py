"""How each emotion and style is performed at full intensity: the one table behind the renderer.

Decided by experiment (docs/experiments.md, docs/emotion_lab.md) between two fences: the bands in which human actors
move, and the range in which the acoustic model stays clean. Numbers read as a director's notes: pitch in semitones,
factors on ranges, rate and pauses, level and tilt in dB; the rest are strengths from 0 to 1.
"""

from __future__ import annotations

from ..errors import ControlError, near_matches
from ..types import EMOTION_AXES, Emotion
from .moves import Moves, blend, times

AXES: dict[str, Moves] = {
    "happy": Moves(
        pitch_st=2.2, phrase_range=times(1.34), tone_range=times(1.28), rate=times(1.04), level_db=1.0, tilt_db=1.2,
        attack=0.4, accent=0.7, final_st=1.5, final_lengthening=times(1.1), pause=times(0.85), dynamics_db=1.5,
        smile_st=0.6,
    ),
    "angry": Moves(
        pitch_st=2.2, phrase_range=times(1.3), tone_range=times(1.25), rate=times(1.13), level_db=6.0, tilt_db=5.0,
        attack=1.0, accent=1.0, final_st=-1.8, declination_st=-0.8, final_lengthening=times(0.88), pause=times(0.65),
        dynamics_db=2.5, energy=0.3, rough=0.08, jitter=0.3, smile_st=0.7,
    ),
    "sad": Moves(
        pitch_st=-0.8, phrase_range=times(0.6), tone_range=times(0.7), rate=times(0.78), level_db=-3.0, tilt_db=-4.0,
        attack=-0.6, final_st=-1.0, declination_st=-1.5, final_lengthening=times(1.15), pause=times(1.7),
        tremor_st=0.2, sob=0.6, breath=0.4, softness=0.2, creak=0.2, whisper=0.08, jitter=0.9,
    ),
    "afraid": Moves(
        pitch_st=2.4, phrase_range=times(0.7), tone_range=times(0.85), rate=times(0.86), level_db=-0.5, tilt_db=-1.0,
        attack=0.2, accent=0.3, final_st=0.5, rubato=0.22, pause=times(1.4), unrest_st=0.55, tremor_st=0.85,
        breath=0.45, gasp=0.8, whisper=0.12, softness=0.15, jitter=1.4,
    ),
    "disgusted": Moves(
        pitch_st=-1.3, phrase_range=times(0.95), tone_range=times(1.2), rate=times(0.86), level_db=1.0, tilt_db=1.0,
        attack=0.3, accent=0.8, final_st=-2.2, declination_st=-1.0, final_lengthening=times(1.3), pause=times(1.15),
        nasal=0.7, creak=0.7, dynamics_db=2.0, rough=0.1,
    ),
    "melancholic": Moves(
        pitch_st=-2.6, phrase_range=times(0.5), tone_range=times(0.78), rate=times(0.84), level_db=-3.0, tilt_db=-3.0,
        attack=-0.5, final_st=-1.5, declination_st=-0.5, final_lengthening=times(1.1), pause=times(1.5), creak=0.6,
        breath=0.2, whisper=0.06, softness=0.1, jitter=0.7,
    ),
    "surprised": Moves(
        pitch_st=3.9, phrase_range=times(1.35), tone_range=times(1.25), rate=times(1.06), level_db=3.5, tilt_db=1.5,
        attack=0.7, accent=0.9, final_st=4.8, declination_st=1.2, final_lengthening=times(1.2), pause=times(0.9),
        dynamics_db=2.0, smile_st=0.6,
    ),
    "calm": Moves(
        pitch_st=-0.7, phrase_range=times(0.72), tone_range=times(0.9), rate=times(0.93), level_db=-1.0, tilt_db=-1.5,
        attack=-0.3, declination_st=0.3, pause=times(1.2), softness=0.08,
    ),
}  # fmt: skip

STYLES: dict[str, Moves] = {
    "excited": Moves(
        pitch_st=2.7, phrase_range=times(1.5), tone_range=times(1.35), rate=times(1.16), level_db=3.5, tilt_db=2.0,
        attack=0.8, accent=0.75, final_st=0.5, pause=times(0.65), dynamics_db=2.5, smile_st=0.6,
    ),
    "cheerful": Moves(
        pitch_st=1.5, phrase_range=times(1.3), tone_range=times(1.18), rate=times(1.06), level_db=1.0, tilt_db=1.0,
        attack=0.3, accent=0.5, final_st=0.8, final_lengthening=times(1.05), pause=times(0.85), dynamics_db=1.0,
        smile_st=0.4,
    ),
    "gentle": Moves(
        pitch_st=0.5, phrase_range=times(0.85), tone_range=times(0.9), rate=times(0.87), level_db=-3.5, tilt_db=-3.0,
        attack=-0.7, final_st=0.3, final_lengthening=times(1.12), pause=times(1.2), breath=0.3, softness=0.28,
        whisper=0.05,
    ),
    "affectionate": Moves(
        pitch_st=-0.8, phrase_range=times(1.15), tone_range=times(0.92), rate=times(0.82), level_db=-2.5,
        tilt_db=-3.5, attack=-0.7, accent=0.3, final_st=-0.8, final_lengthening=times(1.25), pause=times(1.5),
        breath=0.35, softness=0.25, whisper=0.05,
    ),
    "serious": Moves(
        pitch_st=-1.3, phrase_range=times(0.8), tone_range=times(1.05), rate=times(0.92), level_db=1.0, tilt_db=0.5,
        attack=0.4, accent=0.6, final_st=-1.5, declination_st=-1.0, pause=times(1.25), dynamics_db=1.0,
    ),
    "whispering": Moves(
        pitch_st=-1.0, phrase_range=times(0.7), tone_range=times(0.8), rate=times(0.9), level_db=-7.0, tilt_db=0.5,
        attack=-0.8, pause=times(1.3), whisper=0.25, breath=0.3, softness=0.34,
    ),
    "shouting": Moves(
        pitch_st=3.0, phrase_range=times(1.15), tone_range=times(1.1), rate=times(0.95), level_db=8.0, tilt_db=4.5,
        attack=1.0, accent=1.0, declination_st=1.0, final_lengthening=times(1.25), dynamics_db=2.0, energy=0.4,
        rough=0.08, jitter=0.3, smile_st=0.4,
    ),
    "sarcastic": Moves(
        pitch_st=-0.4, phrase_range=times(1.5), tone_range=times(1.3), rate=times(0.86), level_db=0.0, tilt_db=0.5,
        accent=1.2, final_st=-2.0, final_lengthening=times(1.35), pause=times(1.15), nasal=0.5, creak=0.3,
        dynamics_db=2.5,
    ),
    "suspense": Moves(
        pitch_st=-1.8, phrase_range=times(0.75), tone_range=times(0.88), rate=times(0.82), level_db=-4.0,
        tilt_db=-2.5, attack=-0.4, accent=0.4, declination_st=0.8, pause=times(2.0), breath=0.35,
        final_lengthening=times(1.15), whisper=0.08,
    ),
    "news": Moves(
        phrase_range=times(0.95), tone_range=times(1.06), rate=times(1.06), level_db=1.0, tilt_db=1.0, attack=0.3,
        accent=0.35, final_st=-0.8, declination_st=-0.8, pause=times(0.9),
    ),
    "story": Moves(
        pitch_st=0.4, phrase_range=times(1.35), tone_range=times(1.12), rate=times(0.92), accent=0.7,
        final_lengthening=times(1.15), pause=times(1.35), dynamics_db=1.5, tilt_db=-0.5,
    ),
    "chat": Moves(
        pitch_st=0.2, phrase_range=times(1.12), tone_range=times(0.92), rate=times(1.06), level_db=-0.5, rubato=0.08,
        final_lengthening=times(1.12), pause=times(0.8), attack=-0.2,
    ),
    "embarrassed": Moves(
        pitch_st=1.0, phrase_range=times(0.7), tone_range=times(0.82), rate=times(0.93), level_db=-3.5, tilt_db=-2.5,
        attack=-0.6, final_st=-0.4, rubato=0.15, pause=times(1.5), unrest_st=0.3, breath=0.3, whisper=0.05,
    ),
    "curious": Moves(
        pitch_st=1.6, phrase_range=times(1.3), tone_range=times(1.1), accent=0.5, final_st=2.5, declination_st=0.8,
        final_lengthening=times(1.2), pause=times(1.05), tilt_db=0.5, level_db=0.3,
    ),
}  # fmt: skip

STYLE_NAMES = tuple(STYLES)


def moves_of(emotion: Emotion) -> Moves:
    """The moves of an emotion: the weighted sum of its parts, times its intensity.

    Weights that add up to more than 1 are scaled to 1: more labels make a richer mixture, not a stronger one.

    Raises:
        ControlError: a style that has no performance; lists near matches.
    """
    parts = [(AXES[name], weight) for name, weight in zip(EMOTION_AXES, emotion.vector, strict=True) if weight]
    for name, weight in emotion.styles:
        if name not in STYLES:
            near = near_matches(name, STYLES)
            raise ControlError(
                f"没有名为 {name!r} 的语气。Style {name!r} has no performance; known styles: {', '.join(STYLES)}.",
                code="emotion_unknown",
                value=name,
                near=near,
            )
        parts.append((STYLES[name], weight))
    total = sum(weight for _, weight in parts)
    return blend(parts).scaled(emotion.intensity / max(1.0, total))
