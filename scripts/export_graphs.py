"""Writes the three stage graphs, without their weights, as ONNX files: to look at them or to count operations.

    python scripts/export_graphs.py OUTPUT_DIR [--model MODEL_FILE]

The engine needs none of these files: it builds the same graphs in memory. With ``--model`` the shapes are those of
the real weights; without it the torch definition is initialised at random (needs the extra [train]).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx

from tts_engine.acoustic import recover, stages
from tts_engine.acoustic.config import ModelConfig


def main() -> None:
    """Writes encoder.onnx, prosody.onnx, decoder.onnx and generator.onnx and prints their sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output_dir", type=Path)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    config = ModelConfig()
    if arguments.model:
        parameters = recover.load(arguments.model)
    else:
        from tts_engine.acoustic.network import Network

        parameters = Network(config).parameters_by_name()
    arguments.output_dir.mkdir(parents=True, exist_ok=True)
    for build in (stages.encoder, stages.prosody, stages.decoder, stages.generator):
        graph = build(config, parameters)
        file = arguments.output_dir / f"{graph.name}.onnx"
        model = graph.model()
        onnx.save(model, str(file))
        weights = sum(value.nbytes for value in graph.weights.values())
        print(
            f"{file}: {file.stat().st_size / 1e3:.0f} kB, {len(model.graph.node)} nodes, {weights / 1e6:.0f} MB beside"
        )


if __name__ == "__main__":
    main()
