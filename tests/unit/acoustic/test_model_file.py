"""The structure of an ONNX file, with its arrays left where they are."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tts_engine.acoustic.model_file import LARGE_BYTES, array_of, read_structure


@pytest.fixture
def model() -> onnx.ModelProto:
    chance = np.random.default_rng(0)
    arrays = {
        "large": chance.standard_normal((3, 700, 2)).astype(np.float32),
        "bytes": chance.integers(-128, 127, (90, 100)).astype(np.int8),
        "small": np.arange(4, dtype=np.int64),
        "scalar": np.float32(2.5),
    }
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in arrays.items()]
    tensors.append(helper.make_tensor("listed", TensorProto.INT32, [2000], list(range(2000))))  # not as raw data
    value = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    nodes = [helper.make_node("Mul", ["large", "scalar"], ["y"], name="/one/Mul")]
    return helper.make_model(helper.make_graph(nodes, "graph", [], [value], tensors), producer_name="a test")


def test_everything_but_large_arrays_is_read(model, tmp_path):
    onnx.save(model, tmp_path / "model.onnx")
    read = read_structure(tmp_path / "model.onnx")
    whole = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert [tensor.name for tensor in read.graph.initializer] == list(whole)
    for tensor in read.graph.initializer:
        found = array_of(tensor)
        assert found.dtype == whole[tensor.name].dtype
        np.testing.assert_array_equal(found, whole[tensor.name])
        assert len(tensor.raw_data) <= LARGE_BYTES
    for one in (read, model):
        del one.graph.initializer[:]
    assert read == model


@pytest.mark.parametrize("content", [b"", b"no model", b"\x3a\xff\xff\xff\x7f", b"\x0b", b"\x80" * 20])
def test_what_is_no_message_is_refused(tmp_path, content):
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises((ValueError, IndexError)):
        read_structure(tmp_path / "model.onnx")


def test_a_cut_file_is_refused(model, tmp_path):
    data = model.SerializeToString()
    (tmp_path / "model.onnx").write_bytes(data[: len(data) // 2])
    with pytest.raises((ValueError, IndexError)):
        read_structure(tmp_path / "model.onnx")
