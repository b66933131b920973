"""One ONNX model that someone else wrote: whether it is inert and small, and what it gives.

Nothing in an ONNX graph of the operators below can open a file, call a function or wait; what is left is that
it may ask for memory and time without end. So only operators are allowed whose results are of shapes that
follow from constants and from the number of rows, and a model is always run on blocks of exactly `BLOCK_ROWS`
rows: what one run was seen to need, in a process that may be lost, is what every later run needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from ctdspec.submissions.exchange import MAX_MODEL_BYTES
from ctdspec.submissions.expected import Problem, coded

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto
    from onnx.reference.op_run import OpRun

BLOCK_ROWS = 256
"""Rows that a model is given at a time; fewer are filled up with copies of the last."""
MAX_NODES = 4096
MAX_BLOCK_VALUES = 1 << 25
"""Most numbers that all results of one run together may have: 256 MB."""
MAX_BLOCK_PRODUCTS = 1 << 32
"""Most multiplications in the matrix products of one run: some seconds of one core."""
OPSETS = range(13, 25)
OPERATORS = frozenset((
    "Abs", "Add", "And", "Cast", "Ceil", "Clip", "Concat", "Constant", "Cos", "Div", "Elu", "Equal",
    "Erf", "Exp", "Flatten", "Floor", "Gather", "Gemm", "Greater", "GreaterOrEqual",
    "HardSigmoid", "HardSwish", "Identity", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual",
    "Log", "LogSoftmax", "MatMul", "Max", "Mean", "Min", "Mul", "Neg", "Not", "Or", "PRelu", "Pow",
    "Reciprocal", "ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
    "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "Selu", "Shape", "Sigmoid", "Sign", "Sin", "Slice",
    "Softmax", "Softplus", "Softsign", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tan", "Tanh",
    "Transpose", "Unsqueeze", "Where", "Xor",
))  # fmt: skip
"""What a model may consist of."""
_SHAPED = {"Gather", "Reshape", "Slice", "Split", "Squeeze", "Unsqueeze"}
_SHAPED |= {operator for operator in OPERATORS if operator.startswith("Reduce")}
# onnx.TensorProto and AttributeProto, which need not be imported to be listed.
_FLOAT, _INT32, _INT64, _BOOL, _DOUBLE = 1, 6, 7, 9, 11
_TENSORS = {_FLOAT: 4, _DOUBLE: 8, _INT32: 4, _INT64: 8, _BOOL: 1}
_PLAIN_ATTRIBUTES = {1: "float", 2: "int", 3: "string", 4: "tensor", 6: "floats", 7: "ints", 8: "strings"}
_WRITE = "export plain arithmetic, as docs/submissions.md shows"


def parsed(data: bytes, place: str) -> ModelProto | Problem:
    """Read the bytes of a model; a problem if they are not one, or are of a version that is not known."""
    import onnx
    from google.protobuf.message import DecodeError

    if len(data) > MAX_MODEL_BYTES:
        return coded("SUB-DYN-001", place, f"{len(data)} bytes", f"at most {MAX_MODEL_BYTES}", _WRITE)
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError:
        return coded("SUB-DYN-002", place, "bytes that are no model", "an ONNX model", _WRITE)
    if not model.HasField("graph") or not model.graph.output:
        return coded("SUB-DYN-002", place, "a model without a graph", "an ONNX model", _WRITE)
    versions = {opset.domain: opset.version for opset in model.opset_import}
    if set(versions) - {"", "ai.onnx"} or not set(versions.values()) <= set(OPSETS) or not versions:
        named = [f"{domain or 'ai.onnx'} {version}" for domain, version in versions.items()]
        found = ", ".join(named)[:200] or "none"
        expected = f"operators of ai.onnx alone, of version {OPSETS[0]} to {OPSETS[-1]}"
        return coded("SUB-DYN-003", place, found, expected, "export for another opset")
    return model


def graph_problems(model: ModelProto, place: str) -> Iterator[Problem]:
    """Find what makes a model more than plain arithmetic on bounded arrays."""
    graph = model.graph
    if model.functions or model.training_info:
        yield coded("SUB-DYN-004", place, "functions or training steps", "one graph of operators", _WRITE)
    if len(graph.node) > MAX_NODES:
        yield coded("SUB-DYN-001", place, f"{len(graph.node)} nodes", f"at most {MAX_NODES}", _WRITE)
        return
    foreign = {node.op_type for node in graph.node if node.op_type not in OPERATORS}
    foreign |= {f"{node.domain}.{node.op_type}" for node in graph.node if node.domain not in ("", "ai.onnx")}
    if foreign:
        found = ", ".join(sorted(foreign))[:200]
        yield coded("SUB-DYN-004", place, found, "operators that docs/submissions.md lists", _WRITE)
    kinds = {attribute.type for node in graph.node for attribute in node.attribute}
    if kinds - set(_PLAIN_ATTRIBUTES) or any(a.ref_attr_name for n in graph.node for a in n.attribute):
        yield coded("SUB-DYN-004", place, "an attribute that is a graph", "numbers and texts", _WRITE)
    casts = {a.i for node in graph.node for a in node.attribute if node.op_type == "Cast" and a.name == "to"}
    if casts - set(_TENSORS):
        yield coded("SUB-DYN-004", place, "a cast to no number", "casts to numbers", _WRITE)
    yield from _shape_problems(graph, place)
    yield from _tensor_problems(graph, place)


def _shape_problems(graph: GraphProto, place: str) -> Iterator[Problem]:
    """Find shapes that do not follow from constants and other shapes: a state could ask for any memory."""
    fixed = {"", *(tensor.name for tensor in graph.initializer)}
    named = fixed | {given.name for given in graph.input}
    for node in graph.node:
        results = set(node.output) - {""}
        if results & named:
            yield coded("SUB-DYN-006", place, "a name that is given twice", "a name for each result", _WRITE)
        if node.op_type in _SHAPED and not fixed.issuperset(node.input[1:]):
            found = f"a {node.op_type} whose shape or place is computed from values"
            yield coded("SUB-DYN-006", place, found, "shapes and indices that are constants", _WRITE)
        if node.op_type == "Shape" or fixed.issuperset(node.input):
            fixed |= results
        named |= results


def _tensor_problems(graph: GraphProto, place: str) -> Iterator[Problem]:
    """Find weights that are elsewhere, of a strange type, or not of the size that their shape says."""
    tensors = [a.t for node in graph.node for a in node.attribute if a.type == 4]  # AttributeProto.TENSOR
    tensors += graph.initializer
    if graph.sparse_initializer or any(tensor.external_data or tensor.data_location for tensor in tensors):
        expected = "all weights in the model itself, dense"
        yield coded("SUB-DYN-005", place, "weights in other files, or sparse ones", expected, _WRITE)
    for tensor in tensors:
        if tensor.data_type not in _TENSORS:
            expected = "float, double, int32, int64 or bool"
            yield coded("SUB-DYN-005", place, f"a tensor of type {tensor.data_type}", expected, _WRITE)
        elif min(tensor.dims, default=0) < 0 or _stored_values(tensor) != math.prod(tensor.dims):
            found = f"a tensor of shape {tuple(tensor.dims)} with {_stored_values(tensor)} values"
            yield coded("SUB-DYN-005", place, found[:200], "as many values as the shape has", _WRITE)


def _stored_values(tensor: TensorProto) -> int:
    if tensor.raw_data:
        return len(tensor.raw_data) // _TENSORS[tensor.data_type]
    return max(
        len(tensor.float_data), len(tensor.double_data), len(tensor.int64_data), len(tensor.int32_data)
    )


@final
class OnnxFunction:
    """What a checked model computes, in double precision whatever it was written in.

    Only for models without `graph_problems`; `needs` says what one run takes.
    """

    def __init__(self, data: bytes) -> None:
        """Take the bytes of a model that is fit to be run."""
        import onnx
        from onnx.reference import ReferenceEvaluator

        model = onnx.load_model_from_string(data)
        weights = {tensor.name for tensor in model.graph.initializer}
        _raise_precision(model)
        self.arguments = [given.name for given in model.graph.input if given.name not in weights]
        self._result = model.graph.output[0].name
        self._products = [node for node in model.graph.node if node.op_type in ("MatMul", "Gemm")]
        self._evaluator = ReferenceEvaluator(model)
        self._constants: dict[str, Any] = {"": None, **self._evaluator.rt_inits_}
        self._steps = [(_computing(node), node.input, node.output) for node in self._evaluator.rt_nodes_]

    def __call__(self, *arrays: np.ndarray) -> np.ndarray:
        """Give the result (row, …) of arrays (row, column), block by block."""
        n_rows = len(arrays[0])
        blocks = range(0, n_rows, BLOCK_ROWS) if n_rows else (0,)
        with np.errstate(all="ignore"):
            results = [self._block([array[row : row + BLOCK_ROWS] for array in arrays]) for row in blocks]
        return np.concatenate(results)[:n_rows]

    def _block(self, arrays: list[np.ndarray]) -> np.ndarray:
        n_rows = len(arrays[0])
        found = self._constants | dict(zip(self.arguments, map(_filled, arrays), strict=True))
        for compute, inputs, outputs in self._steps:
            found.update(zip(outputs, compute(*[found[name] for name in inputs]), strict=False))
        return np.asarray(found[self._result], float)[:n_rows]

    def needs(self, *arrays: np.ndarray) -> tuple[int, int]:
        """Give the numbers that one run holds, and the multiplications of its matrix products."""
        with np.errstate(all="ignore"):
            given = dict(zip(self.arguments, map(_filled, arrays), strict=True))
            results: Any = self._evaluator.run([self._result], given, intermediate=True)
        held = sum(np.size(value) for name, value in results.items() if name)
        products = 0
        for node in self._products:
            first, made = (np.shape(results[name]) for name in (node.input[0], node.output[0]))
            products += math.prod(made) * (first[-1] if first else 1)
        return held, products


def _computing(node: OpRun) -> Callable[..., Sequence[Any]]:
    """Give what computes a node, without the checks of every run: `needs` has made them once.

    They take twice the time of the arithmetic for a network of some hundred units.
    """
    from onnx.reference.ops._op import OpRunBinaryNumpy

    if isinstance(node, OpRunBinaryNumpy):
        return lambda first, second: (node.numpy_fct(first, second),)
    return node.run if node.attributes_names_ else node._run


def _filled(array: np.ndarray) -> np.ndarray:
    """Fill rows up to a block with copies of the last; a block of nothing is one of zeros."""
    rows = np.zeros((BLOCK_ROWS, *array.shape[1:]))
    rows[: len(array)] = array
    rows[len(array) :] = array[-1:] if len(array) else 0
    return rows


def _raise_precision(model: ModelProto) -> None:
    """Replace single precision by double in weights, constants and casts."""
    for tensor in model.graph.initializer:
        _raise_tensor(tensor)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.type == 4:  # AttributeProto.TENSOR
                _raise_tensor(attribute.t)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == _FLOAT:
                attribute.i = _DOUBLE


def _raise_tensor(tensor: TensorProto) -> None:
    from onnx import numpy_helper

    if tensor.data_type == _FLOAT:
        value = numpy_helper.to_array(tensor).astype(float)
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(value, name))
