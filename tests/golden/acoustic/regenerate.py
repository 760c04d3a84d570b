"""Writes tiny_network.npz: parameters of a tiny seeded network, inputs, and what torch makes of them.

    python tests/golden/acoustic/regenerate.py        (needs the extra [train])

Review the difference that the tests report before committing a new file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tiny_network import GOLDEN, PHONEMES, TINY
from tts_engine.acoustic import source
from tts_engine.acoustic.network import Network


def seeded_network() -> Network:
    """A network whose every parameter matters: no zeros, no ones, alphas from small to large."""
    torch.manual_seed(7)
    network = Network(TINY).eval()
    with torch.no_grad():
        for name, value in network.named_parameters():
            if ".alphas" in name:
                value.copy_(torch.exp(torch.empty_like(value).uniform_(-4, 1)))
            elif name.endswith("bias") and "lstm" not in name:
                value.copy_(torch.randn_like(value) * 0.1)
            elif value.dim() == 1 and name.endswith("weight"):
                value.copy_(1 + torch.randn_like(value) * 0.2)
        network.prosody.f0_head.bias.fill_(220.0)
        network.prosody.f0_head.weight.mul_(60.0)
        for value in network.parameters():  # kept in half precision, so that the file stays small
            value.copy_(value.half().float())
    return network


def main() -> None:
    """Writes the file and prints its size."""
    network = seeded_network()
    rng = np.random.default_rng(3)
    ids = np.array([[0, *(TINY.symbols[symbol] for symbol in PHONEMES), 0]])
    prosody_style, timbre = (rng.standard_normal((1, TINY.style), dtype=np.float32) for _ in range(2))
    with torch.no_grad():
        style = torch.from_numpy(prosody_style)
        durations, prosody, text = (value[0].numpy() for value in network.encoder(torch.from_numpy(ids), style))
        frames = np.maximum(np.rint(durations), 1).astype(np.int64)
        f0, energy = (
            value[0].numpy()
            for value in network.prosody(torch.from_numpy(np.repeat(prosody, frames, axis=0))[None], style)
        )
        mix, bias = network.source.mix.weight.numpy()[0], float(network.source.mix.bias)
        spectrum = source.spectrum(source.excitation(f0, mix, bias, TINY, seed=5), TINY)
        rows = torch.from_numpy(np.repeat(text, frames, axis=0).T.copy())[None]
        inputs = (torch.from_numpy(value)[None] for value in (f0, energy))
        waveform = network.render(rows, *inputs, torch.from_numpy(timbre), torch.from_numpy(spectrum)[None])[0].numpy()
    arrays = {f"parameters/{name}": value.astype(np.float16) for name, value in network.parameters_by_name().items()}
    arrays |= {"in/ids": ids, "in/prosody_style": prosody_style[0], "in/timbre": timbre[0], "in/source": spectrum}
    arrays |= {"out/durations": durations, "out/prosody": prosody, "out/text": text}
    arrays |= {"out/f0": f0, "out/energy": energy, "out/waveform": waveform}
    np.savez_compressed(GOLDEN, **arrays)
    sys.stdout.write(f"{GOLDEN.name}: {GOLDEN.stat().st_size} bytes, {len(arrays)} arrays, {len(waveform)} samples\n")


if __name__ == "__main__":
    main()
