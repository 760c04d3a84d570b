"""A small writer of ONNX graphs whose weights stay outside.

``Graph.model()`` gives a ``ModelProto`` of a few hundred kilobytes: large arrays are declared only, and
``Graph.weights`` holds them for ONNX Runtime (``SessionOptions.add_external_initializers``).
What this module does not know: the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OPSET = 20
IR_VERSION = 9
INLINE_BYTES = 256  # shape constants and the like stay in the graph, where the optimiser sees their values


class Graph:
    """One ONNX graph under construction; every method returns the names of the values that it made."""

    def __init__(self, name: str, outer: Graph | None = None) -> None:
        """An empty graph; with ``outer`` the body of a loop in it, whose weights are kept there."""
        self.name = name
        self.weights: dict[str, NDArray[Any]] = {} if outer is None else outer.weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int | str] | None, kind: int = TensorProto.FLOAT) -> str:
        """A graph input; a string in ``shape`` names a dynamic axis."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, None if shape is None else list(shape)))
        return name

    def output(self, name: str, value: str, shape: Sequence[int | str] | None, kind: int = TensorProto.FLOAT) -> None:
        """Gives ``value`` out as ``name``."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, None if shape is None else list(shape)))

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output."""
        return self.add_many(op, 1, *inputs, **attributes)[0]

    def add_many(self, op: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        """A node with several outputs."""
        names = [self.fresh(op) for _ in range(outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names

    def add_named(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> None:
        """A node whose output names were handed out before by ``fresh``."""
        self._nodes.append(helper.make_node(op, list(inputs), list(outputs), **attributes))

    def mark(self) -> int:
        """The present end of the graph, for ``move_to_front``."""
        return len(self._nodes)

    def move_to_front(self, mark: int) -> None:
        """Puts the nodes written since ``mark`` before all others (nodes must stand in the order of their use)."""
        self._nodes[:] = self._nodes[mark:] + self._nodes[:mark]

    def fresh(self, stem: str) -> str:
        """A value name that is used nowhere else in this graph."""
        self._count += 1
        return f"{self.name}_{stem}_{self._count}"

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """A small constant kept inside the graph."""
        name = self.fresh("constant")
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def integers(self, *values: int) -> str:
        """A constant list of integers (axes, shapes, sizes)."""
        return self.constant(values, np.int64)

    def weight(self, name: str, value: NDArray[Any]) -> str:
        """A weight kept outside the graph; the same name twice is the same array."""
        if name not in self.weights:
            self.weights[name] = np.ascontiguousarray(value)
        return name

    def body(self) -> onnx.GraphProto:
        """The graph itself, for a loop in the outer graph."""
        return helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, self._constants)

    def model(self) -> onnx.ModelProto:
        """The finished model; arrays above ``INLINE_BYTES`` are declared as external data."""
        tensors = list(self._constants)
        for name, value in self.weights.items():
            tensor = numpy_helper.from_array(value, name) if value.nbytes <= INLINE_BYTES else _declared(name, value)
            tensors.append(tensor)
        graph = helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, tensors)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)

    def external(self) -> dict[str, NDArray[Any]]:
        """The arrays that ``model()`` declares only."""
        return {name: value for name, value in self.weights.items() if value.nbytes > INLINE_BYTES}


def _declared(name: str, value: NDArray[Any]) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(value.dtype), dims=value.shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights")
    return tensor
