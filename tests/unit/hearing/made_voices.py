"""Voices made of pulses and resonances, of which everything is known."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

RATE = 16_000
VOWEL = (700.0, 1220.0, 2600.0, 3500.0)


def pulses(f0_hz, rate=RATE, *, jitter=0.0, shimmer=0.0, seed=0):
    """(samples,) one pulse per period of an F0 per sample, placed between samples; 0 Hz is silent."""
    chance = np.random.default_rng(seed)
    f0_hz = np.asarray(f0_hz, float)
    out = np.zeros(len(f0_hz) + 2)
    at = 0.0
    while at < len(f0_hz) - 1:
        hz = f0_hz[int(at)]
        if hz <= 0:
            at += 1.0
            continue
        height = 1.0 + shimmer * chance.standard_normal()
        out[int(at)] += height * (1 - at % 1)
        out[int(at) + 1] += height * (at % 1)
        at += rate / hz * (1.0 + jitter * chance.standard_normal())
    return out[: len(f0_hz)]


def resonate(source, formants_hz=VOWEL, rate=RATE, widths_hz=(80.0, 90.0, 120.0, 150.0)):
    """The source through one resonance after the other."""
    for hz, width in zip(formants_hz, widths_hz, strict=True):
        radius = np.exp(-np.pi * width / rate)
        source = lfilter([1.0], [1.0, -2 * radius * np.cos(2 * np.pi * hz / rate), radius**2], source)
    return source


def speak(f0_hz, *, formants_hz=VOWEL, gain=None, noise_db=None, peak=0.5, glottal=True, seed=0, **pulse):
    """(samples,) float32 a vowel on an F0 per sample, with a gain per sample and noise under it."""
    source = pulses(f0_hz, seed=seed, **pulse)
    if glottal:
        source = lfilter([1.0], [1.0, -0.96], source)  # 6 dB per octave down
    voice = resonate(source, formants_hz)
    if gain is not None:
        voice = voice * gain
    voice = voice / np.abs(voice).max() * peak
    if noise_db is not None:
        power = 10 ** (-noise_db / 10) * np.square(voice).mean()
        voice = voice + np.sqrt(power) * np.random.default_rng(seed + 1).standard_normal(len(voice))
    return voice.astype(np.float32)


def syllables(
    count, *, syllable_s=0.2, gap_s=0.0, every=0, f0_hz=200.0, slope_st=0.0, wobble_st=2.0, hiss=0.0, seed=0, **voice
):
    """(samples,) a row of syllables with dips between them, a pause of ``gap_s`` after each ``every``.

    ``hiss`` fills the dips with so much noise instead of voice.

    Pitch falls or rises by ``slope_st`` from first to last and wobbles inside each syllable, as tones do.
    """
    f0, gain = [], []
    length, dip = int(syllable_s * RATE), int(0.04 * RATE)
    chance = np.random.default_rng(seed)
    envelope = np.concatenate([np.full(dip, 0.05), np.hanning(2 * (length - dip))[: (length - dip)] * 0.3 + 0.7])
    fade = int(0.03 * RATE)
    envelope[dip : dip + fade] *= np.linspace(0.1, 1, fade)
    envelope[-fade:] *= np.linspace(1, 0.1, fade)
    for number in range(count):
        place = number / max(count - 1, 1)
        tone = wobble_st * chance.choice([-1.0, 1.0]) * np.linspace(-1, 1, length)
        f0.append(f0_hz * 2 ** ((slope_st * (place - 0.5) + tone) / 12))
        if hiss:
            f0[-1][:dip] = 0.0
        gain.append(envelope)
        if every and (number + 1) % every == 0 and number + 1 < count:
            f0.append(np.zeros(int(gap_s * RATE)))
            gain.append(np.zeros(int(gap_s * RATE)))
    edge = np.zeros(int(0.3 * RATE))
    f0, gain = np.concatenate([edge, *f0, edge]), np.concatenate([edge, *gain, edge])
    out = speak(f0, gain=gain, seed=seed, **voice)
    return (out + hiss * chance.standard_normal(len(out)) * ((gain > 0) & (f0 == 0))).astype(np.float32)


def wav(waveform, rate=RATE, *, format="WAV", subtype=None):
    """The samples as the bytes of a file."""
    import io

    import soundfile

    file = io.BytesIO()
    soundfile.write(file, waveform, rate, format=format, subtype=subtype)
    return file.getvalue()
