"""Measures how far apart voices are to an ear, and writes the table that casting chooses distinct voices from.

    python scripts/measure_voice_distances.py MODEL_FILE VOICES_DIR

The Mandarin packs and the even mixes of two of one gender speak two texts each. Three distances between two voices are
compared against a judge that had no part in any of them (Resemblyzer, bench group): what the engine's own timbre
encoder hears (1 - cosine), the style space (distance of the packs' timbre halves) and the encoder together with the
distance of their medians in pitch. The table holds the one that ranks pairs most like the judge; without Resemblyzer
it holds the last of the three.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

import numpy as np

from tts_engine.acoustic.engine import AcousticEngine
from tts_engine.acoustic.voices import MANDARIN, VoiceStore
from tts_engine.own_voices.encoder import load_encoder
from tts_engine.own_voices.fast import at_hearing_rate
from tts_engine.own_voices.similarity import has_speaker_measure
from tts_engine.own_voices.timbre import find_frames

TEXTS = (
    "xwa→ni↗ŋ ʂou→tʰi→ŋ ʨi→nɻɨ↘ ɕi→nwə↗n, ꭧɤ↘li↓ ʂɨ↘ pei↓ʨi→ŋ kwa↓ŋpwo→tjɛ↘ntʰai↗.",
    "ni↓ ʦə↓nmɤ ɕjɛ↘nʦai↘ ʦʰai↗ lai↗? ta↘ʨja→ tou→ tə↓ŋ lɤ pa↘nkɤ↘ ɕjau↓ʂɨ↗ lɤ!",
)
TABLE = Path(__file__).resolve().parents[1] / "src" / "tts_engine" / "production" / "casting" / "voice_distances.json"

#: Semitones between two medians that count as much as timbres that have nothing in common.
PITCH_SCALE_ST = 6.0


def candidates() -> list[str]:
    """The Mandarin packs, and the even mixes of two of one gender."""
    packs = sorted(MANDARIN)
    pairs = [(a, b) for a, b in itertools.combinations(packs, 2) if a[1] == b[1]]
    return packs + [f"{a}:0.5+{b}:0.5" for a, b in pairs]


def main() -> None:
    """Speaks, listens, compares and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_file", type=Path)
    parser.add_argument("voices_dir", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    engine = AcousticEngine.load(arguments.model_file, threads=arguments.threads)
    store = VoiceStore(arguments.voices_dir)
    encoder = load_encoder()
    names, heard, judged, pitch, styles = candidates(), [], [], [], []
    for name in names:
        timbres, embeddings, medians = [], [], []
        for phonemes in TEXTS:
            style = store.style(name, len(phonemes))
            encoding = engine.encode(phonemes, style.prosody)
            prosody = engine.predict(encoding)
            clip = at_hearing_rate(engine.render(encoding, prosody, style.timbre), engine.config.sample_rate)
            timbres.append(encoder.timbre(find_frames(clip)) - encoder.mean)
            medians.append(12 * np.log2(np.median(prosody.f0[prosody.f0 > 0])))
            if has_speaker_measure():
                from tts_engine.own_voices.speaker import speaker_embedding

                embeddings.append(speaker_embedding(clip))
        heard.append(timbres)
        judged.append(embeddings)
        pitch.append(medians)
        styles.append(store.style(name, len(TEXTS[0])).timbre.astype(np.float64))
        print(f"{name:32} {2 ** (np.mean(medians) / 12):6.1f} Hz", flush=True)
    own = _cosines(np.array(heard).mean(axis=1))
    space = _norms(np.array(styles))
    medians = np.array(pitch).mean(axis=1)
    apart = np.abs(medians[:, None] - medians[None, :])
    joined = own + apart / PITCH_SCALE_ST
    measures = {"encoder": own, "style space": space, "encoder + pitch": joined}
    chosen = "encoder + pitch"
    if judged[0]:
        from scipy.stats import spearmanr

        judge = _cosines(np.array(judged).mean(axis=1))
        upper = np.triu_indices(len(names), 1)
        same_gender = np.array([[a[1] == b[1] for b in names] for a in names])[upper]
        for label, keep in (("all pairs", np.ones_like(same_gender)), ("same gender", same_gender)):
            ranks = {kind: float(spearmanr(m[upper][keep], judge[upper][keep])[0]) for kind, m in measures.items()}
            print(label, {kind: round(rank, 3) for kind, rank in ranks.items()})
        chosen = max(ranks, key=lambda kind: ranks[kind])  # of one gender: the other pairs nobody confuses
        two = [_cosine(*pair) for pair in judged]
        print(
            "judge: the same voice in two texts",
            round(1 - float(np.mean(two)), 3),
            "least apart",
            round(1 - max(two), 3),
        )
    print("chosen:", chosen)
    table = {
        "method": f"{chosen}; scripts/measure_voice_distances.py",
        "voices": names,
        "distances": [[round(float(v), 3) for v in row] for row in measures[chosen]],
    }
    TABLE.write_text(json.dumps(table, ensure_ascii=False) + "\n", encoding="utf-8")


def _cosine(one, other):  # type: ignore[no-untyped-def]
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _cosines(vectors):  # type: ignore[no-untyped-def]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return 1.0 - unit @ unit.T


def _norms(vectors):  # type: ignore[no-untyped-def]
    return np.linalg.norm(vectors[:, None] - vectors[None, :], axis=2)


if __name__ == "__main__":
    main()
