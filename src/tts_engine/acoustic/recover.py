"""Float weights under our own parameter names, out of the packaged int8 ONNX file.

The packaged file is a dynamically quantised export: every weight is int8 or uint8 with a scale, so
``(q - zero_point) * scale`` gives the floats that it means exactly. What the network means lies in the *names of the
nodes*, which keep the module paths of the original; ``PATHS`` translates those into our names.

Forms that occur (weight normalisation is folded in all of them):

    MatMulInteger         (in, out) int8, one scale per output column
    ConvInteger           (out, in, kernel) uint8, one scale and zero point
    DynamicQuantizeLSTM   (directions, in, 4 hidden) int8, one scale per direction, gates in the order i o f c
    Gather + Dequantize   (rows, width) int8, one scale
    MatMul, Conv, ConvTranspose, LSTM, Gather   left in float by the quantiser, or the float export of the same family

No torch here: arrays only. ``recover`` reads lazily, so that the caller can pass one stage after the other on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import onnx

from tts_engine.acoustic.model_file import array_of, read_structure
from tts_engine.errors import AssetDamagedError, AssetMissingError

if TYPE_CHECKING:
    from pathlib import Path

    from tts_engine.types import FloatArray

# Module paths of the export (dotted, as in the names of its parameters) -> ours; the first match counts.
_ALBERT = r"encoder\.bert\."
_LAYER = _ALBERT + r"encoder\.albert_layer_groups\.0\.albert_layers\.0\."
_DECODER = r"decoder\.decoder\."
_GENERATOR = _DECODER + r"generator\."
PATHS: tuple[tuple[str, str], ...] = (
    (_ALBERT + r"embeddings\.(word|position|token_type)_embeddings", r"encoder.albert.\1"),
    (_ALBERT + r"embeddings\.LayerNorm", r"encoder.albert.norm"),
    (_ALBERT + r"encoder\.embedding_hidden_mapping_in", r"encoder.albert.widen"),
    (_LAYER + r"attention\.(query|key|value|dense)", r"encoder.albert.layer.\1"),
    (_LAYER + r"attention\.LayerNorm", r"encoder.albert.layer.attention_norm"),
    (_LAYER + r"ffn_output", r"encoder.albert.layer.ffn_out"),
    (_LAYER + r"ffn", r"encoder.albert.layer.ffn"),
    (_LAYER + r"full_layer_layer_norm", r"encoder.albert.layer.ffn_norm"),
    (r"encoder\.bert_encoder", r"encoder.narrow"),
    (r"encoder\.text_encoder\.(?:cnn\.\d\.)?cnn\.(\d)\.0", r"encoder.text.convs.\1"),
    (r"encoder\.text_encoder\.(?:cnn\.\d\.)?cnn\.(\d)\.1", r"encoder.text.norms.\1"),
    (r"encoder\.text_encoder\.(embedding|lstm)", r"encoder.text.\1"),
    (r"encoder\.predictor\.text_encoder\.lstms\.0", r"encoder.lstms.0"),
    (r"encoder\.predictor\.text_encoder\.lstms\.2", r"encoder.lstms.1"),
    (r"encoder\.predictor\.text_encoder\.lstms\.4", r"encoder.lstms.2"),
    (r"encoder\.predictor\.text_encoder\.lstms\.1\.fc", r"encoder.norms.0"),
    (r"encoder\.predictor\.text_encoder\.lstms\.3\.fc", r"encoder.norms.1"),
    (r"encoder\.predictor\.text_encoder\.lstms\.5\.fc", r"encoder.norms.2"),
    (r"encoder\.predictor\.lstm", r"encoder.duration_lstm"),
    (r"encoder\.predictor\.duration_proj\.linear_layer", r"encoder.duration_head"),
    (r"encoder\.(?:predictor\.)?shared", r"prosody.lstm"),
    (r"encoder\.(?:predictor\.)?F0\.(\d)\.(norm\d)\.fc", r"prosody.f0.\1.\2"),
    (r"encoder\.(?:predictor\.)?F0\.(\d)\.conv1x1", r"prosody.f0.\1.shortcut"),
    (r"encoder\.(?:predictor\.)?F0\.(\d)\.(conv\d|pool)", r"prosody.f0.\1.\2"),
    (r"encoder\.(?:predictor\.)?N\.(\d)\.(norm\d)\.fc", r"prosody.energy.\1.\2"),
    (r"encoder\.(?:predictor\.)?N\.(\d)\.conv1x1", r"prosody.energy.\1.shortcut"),
    (r"encoder\.(?:predictor\.)?N\.(\d)\.(conv\d|pool)", r"prosody.energy.\1.\2"),
    (r"encoder\.(?:predictor\.)?F0_proj", r"prosody.f0_head"),
    (r"encoder\.(?:predictor\.)?N_proj", r"prosody.energy_head"),
    (_DECODER + r"F0_conv", r"decoder.f0_in"),
    (_DECODER + r"N_conv", r"decoder.energy_in"),
    (_DECODER + r"(?:asr_res\.)?asr_res\.0", r"decoder.text_residual"),
    (_DECODER + r"encode\.(norm\d)\.fc", r"decoder.first.\1"),
    (_DECODER + r"encode\.conv1x1", r"decoder.first.shortcut"),
    (_DECODER + r"encode\.(conv\d|pool)", r"decoder.first.\1"),
    (_DECODER + r"decode\.(\d)\.(norm\d)\.fc", r"decoder.blocks.\1.\2"),
    (_DECODER + r"decode\.(\d)\.conv1x1", r"decoder.blocks.\1.shortcut"),
    (_DECODER + r"decode\.(\d)\.(conv\d|pool)", r"decoder.blocks.\1.\2"),
    (_GENERATOR + r"m_source\.l_linear", r"source.mix"),
    (_GENERATOR + r"ups\.(\d)", r"generator.ups.\1"),
    (_GENERATOR + r"conv_post", r"generator.post"),
    (_GENERATOR + r"noise_convs\.(\d)", r"generator.source_convs.\1"),
    (_GENERATOR + r"noise_res\.(\d)\.adain(\d)\.(\d)\.fc", r"generator.source_blocks.\1.norms\2.\3"),
    (_GENERATOR + r"noise_res\.(\d)\.convs(\d)\.(\d)", r"generator.source_blocks.\1.convs\2.\3"),
    (_GENERATOR + r"noise_res\.(\d)\.alpha(\d)\.(\d)", r"generator.source_blocks.\1.alphas\2.\3"),
    (_GENERATOR + r"resblocks\.(\d)\.adain(\d)\.(\d)\.fc", r"generator.blocks.\1.norms\2.\3"),
    (_GENERATOR + r"resblocks\.(\d)\.convs(\d)\.(\d)", r"generator.blocks.\1.convs\2.\3"),
    (_GENERATOR + r"resblocks\.(\d)\.alpha(\d)\.(\d)", r"generator.blocks.\1.alphas\2.\3"),
)
OPERATORS = re.compile(r"/(Gemm_MatMul_quant|(MatMul|Conv|LSTM|Gather)(_quant)?|Gemm|ConvTranspose)$")

Reader = Callable[[], "FloatArray"]
Tensors = Mapping[str, onnx.TensorProto]


class Weights(Mapping[str, "FloatArray"]):
    """Parameter name -> float32 array, made anew on every access so that nothing is held twice."""

    def __init__(self, readers: dict[str, Reader]) -> None:
        self._readers = readers

    def __getitem__(self, name: str) -> FloatArray:
        return self._readers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


def load(path: Path) -> Weights:
    """The weights of a packaged model file.

    Raises:
        AssetMissingError: no such file.
        AssetDamagedError: not an ONNX model of this family.
    """
    if not path.is_file():
        raise AssetMissingError(f"no model file at {path}; fetch it with 'tts-engine models fetch'", path=str(path))
    try:
        model = read_structure(path)
    except Exception as error:  # protobuf raises its own DecodeError
        raise AssetDamagedError(
            f"{path} is not a readable ONNX model ({error}); fetch it anew with 'tts-engine models fetch'",
            path=str(path),
        ) from error
    try:
        weights = recover(model)
    except (KeyError, IndexError, ValueError) as error:
        raise AssetDamagedError(
            f"{path} is an ONNX model but not of the Kokoro-82M family ({error})", path=str(path)
        ) from error
    if not weights:
        raise AssetDamagedError(f"{path} is an ONNX model but not of the Kokoro-82M family", path=str(path))
    return weights


def recover(model: onnx.ModelProto) -> Weights:
    """The weights of an exported model, quantised or float, under our parameter names."""
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    readers: dict[str, Reader] = {}
    for node in model.graph.node:
        operator = OPERATORS.search(node.name)
        form = _FORMS.get(node.op_type)
        if operator is None or form is None:
            continue
        name = our_name(re.sub(r"_\d+$", "", node.name[: operator.start()]).strip("/").replace("/", "."))
        if name is not None:
            for part, read in form(node, tensors).items():
                readers.setdefault(f"{name}.{part}", read)
    for tensor in tensors.values():  # biases, norms and Snake's alphas kept their names and are float
        path, _, part = tensor.name.rpartition(".")
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        if part in ("bias", "weight", "gamma", "beta"):
            name, part = our_name(path), {"gamma": "weight", "beta": "bias"}.get(part, part)
            if name is not None:
                readers.setdefault(f"{name}.{part}", _as_is(tensor))
        elif ".alpha" in path:
            name = our_name(tensor.name)
            if name is not None:
                readers[name] = _flat(tensor)
    return Weights(readers)


def our_name(path: str) -> str | None:
    """Our name of a dotted module path of the export, or None where it holds no parameter of ours."""
    for pattern, ours in PATHS:
        match = re.fullmatch(pattern, path)
        if match:
            return match.expand(ours)
    return None


def _as_is(tensor: onnx.TensorProto) -> Reader:
    return lambda: array_of(tensor).astype(np.float32)


def _flat(tensor: onnx.TensorProto) -> Reader:
    return lambda: array_of(tensor).astype(np.float32).reshape(-1)


def _transposed(read: Reader) -> Reader:
    return lambda: np.ascontiguousarray(read().T)


def _dequantised(tensors: Tensors, weight: str, scale: str, zero_point: str) -> Reader:
    """``(q - zero_point) * scale``; a vector of scales belongs to the last axis (output columns)."""
    q, s, z = tensors[weight], tensors[scale], tensors[zero_point]

    def read() -> FloatArray:
        integers = array_of(q).astype(np.float32)
        integers -= array_of(z).astype(np.float32)
        integers *= array_of(s)
        return integers

    return read


def _matmul_integer(node: onnx.NodeProto, tensors: Tensors) -> dict[str, Reader]:
    weight = node.input[1]
    scale = weight.removesuffix("_quantized") + "_scale"
    return {"weight": _transposed(_dequantised(tensors, weight, scale, node.input[3]))}


def _conv_integer(node: onnx.NodeProto, tensors: Tensors) -> dict[str, Reader]:
    weight = node.input[1]
    scale = weight.removesuffix("_quantized") + "_scale"
    return {"weight": _dequantised(tensors, weight, scale, node.input[3])}


def _gather(node: onnx.NodeProto, tensors: Tensors) -> dict[str, Reader]:
    table = node.input[0]
    if table not in tensors:
        return {}
    if not table.endswith("_quantized"):
        return {"weight": _as_is(tensors[table])}
    # Every embedding is quantised symmetrically; the exporter shares one zero of a single name among them.
    q, s = tensors[table], tensors[table.removesuffix("_quantized") + "_scale"]
    return {"weight": lambda: array_of(q).astype(np.float32) * array_of(s)}


def _plain(node: onnx.NodeProto, tensors: Tensors) -> dict[str, Reader]:
    weight = tensors.get(node.input[1])
    if weight is None:
        return {}
    read = _as_is(weight)
    return {"weight": _transposed(read) if node.op_type in ("MatMul", "Gemm") else read}


def _quantised_lstm(node: onnx.NodeProto, tensors: Tensors) -> dict[str, Reader]:
    """W (directions, in, 4 hidden), R (directions, hidden, 4 hidden), B (directions, 8 hidden), W and R int8."""

    def read(weight: str, scale: str, zero_point: str) -> Reader:
        q, s, z = (tensors[name] for name in (weight, scale, zero_point))

        def integers() -> FloatArray:
            each = [array_of(t).astype(np.float32) for t in (q, z, s)]
            # (directions,) scales stand before (directions, in, 4 hidden)
            return np.asarray((each[0] - each[1][:, None, None]) * each[2][:, None, None]).transpose(0, 2, 1)

        return integers

    w = read(node.input[1], node.input[8], node.input[9])
    r = read(node.input[2], node.input[10], node.input[11])
    return _lstm_parts(w, r, _as_is(tensors[node.input[3]]))


def _float_lstm(node: onnx.NodeProto, tensors: Tensors) -> dict[str, Reader]:
    w, r, b = (_as_is(tensors[name]) for name in node.input[1:4])
    return _lstm_parts(w, r, b)


def _lstm_parts(w: Reader, r: Reader, b: Reader) -> dict[str, Reader]:
    """ONNX's (directions, 4 hidden, in) in gate order i o f c -> torch's parameters in order i f c o."""
    parts: dict[str, Reader] = {}
    for direction, end in enumerate(("", "_reverse")):
        parts[f"weight_ih_l0{end}"] = partial(_direction, w, direction)
        parts[f"weight_hh_l0{end}"] = partial(_direction, r, direction)
        parts[f"bias_ih_l0{end}"] = partial(_direction, b, direction, half=0)
        parts[f"bias_hh_l0{end}"] = partial(_direction, b, direction, half=1)
    return parts


def _direction(read: Reader, direction: int, half: int | None = None) -> FloatArray:
    array = read()[direction]
    return _gates(array if half is None else np.split(array, 2)[half])


def _gates(array: FloatArray) -> FloatArray:
    i, o, f, c = np.split(array, 4)
    return np.concatenate([i, f, c, o])


_FORMS: dict[str, Callable[[onnx.NodeProto, Tensors], dict[str, Reader]]] = {
    "MatMulInteger": _matmul_integer,
    "ConvInteger": _conv_integer,
    "DynamicQuantizeLSTM": _quantised_lstm,
    "Gather": _gather,
    "MatMul": _plain,
    "Gemm": _plain,
    "Conv": _plain,
    "ConvTranspose": _plain,
    "LSTM": _float_lstm,
}
