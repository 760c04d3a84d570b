"""Recovery of float weights, on synthetic graphs in the forms of the packaged file."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tts_engine.acoustic import recover
from tts_engine.acoustic.graph import Graph
from tts_engine.acoustic.layers import lstm
from tts_engine.acoustic.onnx_runtime import open_session
from tts_engine.errors import AssetDamagedError, AssetMissingError

RNG = np.random.default_rng(11)
LSTM = "/encoder/predictor/lstm/LSTM"


def model(nodes, tensors, inputs=(), outputs=()) -> onnx.ModelProto:
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()]
    graph = helper.make_graph(nodes, "g", list(inputs), list(outputs), initializers)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def int8(*shape: int) -> np.ndarray:
    return RNG.integers(-128, 128, shape).astype(np.int8)


def test_matrix_has_a_scale_per_column():
    q, scale = int8(4, 3), np.array([0.5, 0.25, 2.0], np.float32)
    node = helper.make_node(
        "MatMulInteger", ["x", "w_quantized", "xz", "z"], ["y"], name="/encoder/bert_encoder/MatMul_quant"
    )
    weights = recover.recover(model([node], {"w_quantized": q, "w_scale": scale, "z": np.zeros(3, np.int8)}))
    assert list(weights) == ["encoder.narrow.weight"]
    np.testing.assert_array_equal(weights["encoder.narrow.weight"], (q.astype(np.float32) * scale).T)


def test_convolution_has_a_zero_point():
    q = RNG.integers(0, 256, (3, 2, 5)).astype(np.uint8)
    node = helper.make_node(
        "ConvInteger", ["x", "w_quantized", "xz", "z"], ["y"], name="/decoder/decoder/decode.3/conv1/Conv_quant"
    )
    tensors = {"w_quantized": q, "w_scale": np.float32(0.125), "z": np.uint8(117)}
    weights = recover.recover(model([node], tensors))
    np.testing.assert_array_equal(weights["decoder.blocks.3.conv1.weight"], (q.astype(np.float32) - 117) * 0.125)


def test_shared_layer_is_read_once_under_one_name():
    tensors = {"w_quantized": int8(2, 2), "w_scale": np.ones(2, np.float32), "z": np.zeros(2, np.int8)}
    path = "/encoder/bert/encoder/albert_layer_groups.0/albert_layers.0/attention/query"
    nodes = [
        helper.make_node("MatMulInteger", ["x", "w_quantized", "xz", "z"], [f"y{i}"], name=f"{path}{end}/MatMul_quant")
        for i, end in enumerate(("", "_1", "_11"))
    ]
    assert list(recover.recover(model(nodes, tensors))) == ["encoder.albert.layer.query.weight"]


def test_names_of_floats_left_alone():
    tensors = {
        "decoder.decoder.generator.resblocks.4.alpha2.1": np.ones((1, 3, 1), np.float32),
        "encoder.text_encoder.cnn.1.1.gamma": np.ones(3, np.float32),
        "encoder.text_encoder.cnn.1.1.beta": np.zeros(3, np.float32),
        "encoder.predictor.N.1.norm2.fc.bias": np.ones(4, np.float32),
        "/some/Constant_output_0": np.ones(1, np.float32),
    }
    weights = recover.recover(model([], tensors))
    assert sorted(weights) == [
        "encoder.text.norms.1.bias",
        "encoder.text.norms.1.weight",
        "generator.blocks.4.alphas2.1",
        "prosody.energy.1.norm2.bias",
    ]
    assert weights["generator.blocks.4.alphas2.1"].shape == (3,)


def quantised_lstm(inputs: int, hidden: int) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    tensors = {
        "w": int8(2, inputs, 4 * hidden),
        "r": int8(2, hidden, 4 * hidden),
        "b": RNG.standard_normal((2, 8 * hidden)).astype(np.float32) * 0.3,
        "ws": np.array([0.004, 0.005], np.float32),
        "rs": np.array([0.006, 0.003], np.float32),
        "z": np.zeros(2, np.int8),
    }
    node = helper.make_node(
        "DynamicQuantizeLSTM",
        ["x", "w", "r", "b", "", "", "", "", "ws", "z", "rs", "z"],
        ["y"],
        name=f"{LSTM}_quant",
        domain="com.microsoft",
        direction="bidirectional",
        hidden_size=hidden,
    )
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", 1, inputs])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    return model([node], tensors, [x], [y]), tensors


def test_lstm_runs_like_the_quantised_one():
    import onnxruntime

    packaged, _ = quantised_lstm(6, 8)
    weights = recover.recover(packaged)
    assert {name.rpartition(".")[0] for name in weights} == {"encoder.duration_lstm"}
    graph = Graph("one")
    out = lstm(graph, weights, "encoder.duration_lstm", graph.input("x", ["T", 1, 6]))
    graph.output("out", out, ["T", 1, 16])
    x = RNG.standard_normal((20, 1, 6)).astype(np.float32)
    (ours,) = open_session(graph, threads=1).run(None, {"x": x})
    (theirs,) = onnxruntime.InferenceSession(packaged.SerializeToString()).run(None, {"x": x})
    theirs = theirs.transpose(0, 2, 1, 3).reshape(20, 1, 16)
    # Their activations are int8; on processors without VNNI their 16-bit sums saturate too: 0.98 at the least there,
    # at most 0.95 with two gates swapped.
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.97


def test_float_and_quantised_export_agree():
    packaged, tensors = quantised_lstm(3, 4)
    floats = {
        "w": (tensors["w"] * tensors["ws"][:, None, None]).transpose(0, 2, 1).astype(np.float32),
        "r": (tensors["r"] * tensors["rs"][:, None, None]).transpose(0, 2, 1).astype(np.float32),
        "b": tensors["b"],
    }
    node = helper.make_node("LSTM", ["x", "w", "r", "b"], ["y"], name=LSTM, direction="bidirectional", hidden_size=4)
    quantised, plain = recover.recover(packaged), recover.recover(model([node], floats))
    assert quantised.keys() == plain.keys()
    for name in plain:
        np.testing.assert_allclose(quantised[name], plain[name], rtol=1e-6, err_msg=name)


def test_every_read_is_a_new_array():
    tensors = {"encoder.bert_encoder.bias": np.ones(3, np.float32)}
    weights = recover.recover(model([], tensors))
    weights["encoder.narrow.bias"][:] = 7
    np.testing.assert_array_equal(weights["encoder.narrow.bias"], 1)


def test_files(tmp_path):
    with pytest.raises(AssetMissingError, match="fetch"):
        recover.load(tmp_path / "none.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x0a\xff\xff\xff")
    with pytest.raises(AssetDamagedError, match="not a readable"):
        recover.load(broken)
    other = tmp_path / "other.onnx"
    onnx.save(model([], {"a": np.ones(2, np.float32)}), str(other))
    with pytest.raises(AssetDamagedError, match="family"):
        recover.load(other)
