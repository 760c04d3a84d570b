import numpy as np
import pytest

from tts_engine.prosody.envelope import reshape

RATE = 24000


def vowel(formant_hz=800.0, f0=120.0, seconds=0.6):
    """Harmonics under one resonance."""
    at = np.arange(int(seconds * RATE)) / RATE
    waves = [
        np.exp(-0.5 * ((k * f0 - formant_hz) / 150) ** 2) * np.sin(2 * np.pi * k * f0 * at + k) for k in range(1, 60)
    ]
    return (0.1 * np.sum(waves, axis=0)).astype(np.float32)


def centre(waveform):
    power = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)))) ** 2
    hz = np.fft.rfftfreq(len(waveform), 1 / RATE)
    return (power * hz).sum() / power.sum()


def test_nothing_asked_for_gives_the_same_samples():
    wave = vowel()
    assert reshape(wave, RATE) is wave
    assert reshape(wave, RATE, warp=((500.0, 500.0),), equal=((100.0, 0.0),)) is wave


@pytest.mark.parametrize("factor", [0.9, 1.08])
def test_the_resonance_moves_and_the_pitch_does_not(factor):
    wave = vowel()
    moved = reshape(wave, RATE, warp=((800.0, 800.0 * factor), (3000.0, 3000.0 * factor)))
    assert len(moved) == len(wave)
    assert centre(moved) / centre(wave) == pytest.approx(factor, abs=0.35 * abs(factor - 1))
    spectrum = np.abs(np.fft.rfft(moved * np.hanning(len(moved))))
    hz = np.fft.rfftfreq(len(moved), 1 / RATE)
    assert hz[spectrum.argmax()] % 120 == pytest.approx(0.0, abs=3) or hz[spectrum.argmax()] % 120 > 117


def test_the_equaliser_does_what_it_says_at_the_same_level():
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) * 0.1
    made = reshape(noise, RATE, equal=((1000.0, 0.0), (3000.0, 6.0)))

    def band(wave, low, high):
        power = np.abs(np.fft.rfft(wave)) ** 2
        hz = np.fft.rfftfreq(len(wave), 1 / RATE)
        return 10 * np.log10(power[(hz > low) & (hz < high)].sum())

    change = [band(made, *edges) - band(noise, *edges) for edges in ((100, 900), (4000, 9000))]
    assert change[1] - change[0] == pytest.approx(6.0, abs=0.4)
    assert np.square(made).mean() == pytest.approx(np.square(noise).mean(), rel=1e-3)
