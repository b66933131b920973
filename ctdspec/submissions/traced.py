"""Arrays that write down what is done with them as an ONNX graph: so a step leaves as data.

A traced array stands for rows of any number. Beside its name in the graph it carries numbers of a few rows,
so that shapes are those of NumPy, and an operation that NumPy refuses is refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

OPSET = 18
"""Version of the operators that are written; runtimes since the end of 2022 know it."""
_IR_VERSION = 8
_SAMPLE_ROWS = 3
_DOUBLE = 11  # onnx.TensorProto.DOUBLE
_END = np.iinfo(np.int64).max


@dataclass
class Graph:
    """What was done so far: nodes, and constants by name."""

    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    _names: dict[Any, str] = field(default_factory=dict)

    def argument(self, name: str, width: int) -> Traced:
        """Give an array (row, `width`) that the graph will be given."""
        return Traced(self, name, np.full((_SAMPLE_ROWS, width), 0.1))

    def constant(self, value: np.ndarray) -> str:
        """Keep a constant, once if it is used often; give its name."""
        value = np.ascontiguousarray(value)
        key = value.dtype.str, value.shape, value.tobytes()
        name = self._names.setdefault(key, f"c{len(self._names)}")
        self.constants[name] = value
        return name

    def add(self, operator: str, names: Sequence[str], value: np.ndarray, **attributes: Any) -> Traced:
        """Add a node; give its result, of which `value` are the numbers."""
        from onnx import helper

        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(names), [name], **attributes))
        return Traced(self, name, value)


Operation = Callable[[Any, Any], Any]


def _operator(name: str, function: Callable[..., Any]) -> tuple[Operation, Operation]:
    """Give a binary operator for a traced array on the left, and for one on the right."""
    return (
        lambda self, other: _many(name, function, (self, other)),
        lambda self, other: _many(name, function, (other, self)),
    )


class Traced:
    """An array of a graph, (row, …), with as much of the array API as steps and readouts use."""

    # NumPy must leave its own operators with a traced array on the right to the methods below.
    __array_ufunc__ = None

    def __init__(self, graph: Graph, name: str, value: np.ndarray) -> None:
        self.graph, self.name, self.value = graph, name, value

    def __array_namespace__(self, api_version: str | None = None) -> type[Namespace]:
        """Give the functions of the array API."""
        return Namespace

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape; the number of rows is any."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.value.ndim

    @property
    def dtype(self) -> np.dtype:
        """Double precision, or booleans."""
        return self.value.dtype

    @property
    def real(self) -> Traced:
        """The array itself: no number is complex."""
        return self

    __add__, __radd__ = _operator("Add", np.add)
    __sub__, __rsub__ = _operator("Sub", np.subtract)
    __mul__, __rmul__ = _operator("Mul", np.multiply)
    __truediv__, __rtruediv__ = _operator("Div", np.divide)
    __pow__, __rpow__ = _operator("Pow", np.power)
    __matmul__, __rmatmul__ = _operator("MatMul", np.matmul)
    __gt__, __lt__ = _operator("Greater", np.greater)
    __ge__, __le__ = _operator("GreaterOrEqual", np.greater_equal)

    def __neg__(self) -> Traced:
        """Give the negative."""
        return _one("Neg", np.negative, self)

    def __abs__(self) -> Traced:
        """Give absolute values."""
        return _one("Abs", np.abs, self)

    def clip(self, low: Any = None, high: Any = None) -> Traced:
        """Give what is at least `low` and at most `high`; None for no bound."""
        raised = self if low is None else _many("Max", np.maximum, (self, low))
        return raised if high is None else _many("Min", np.minimum, (raised, high))

    def __getitem__(self, key: Any) -> Traced:
        """Give columns, by slices without a step, numbers, ``...`` and None."""
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in keys:
            at = keys.index(Ellipsis)
            n_left = self.ndim - sum(part is not None for part in keys) + 1
            keys[at : at + 1] = [slice(None)] * n_left
        found, axis = self, 0
        for part in keys:
            found, kept = _along(found, part, axis)
            axis += kept
        return found


def _along(array: Traced, part: Any, axis: int) -> tuple[Traced, bool]:
    """Apply one part of an index along an axis; say whether there is an axis left there."""
    if part is None:
        return _shaped("Unsqueeze", array, axis, np.expand_dims(array.value, axis)), True
    if isinstance(part, slice):
        if part == slice(None):
            return array, True
        if part.step not in (None, 1):
            raise TypeError(f"a slice with the step {part.step} cannot be exported; use steps of 1")
        return _sliced(array, part.start or 0, _END if part.stop is None else part.stop, axis), True
    one = _sliced(array, int(part), _END if part == -1 else int(part) + 1, axis)
    return _shaped("Squeeze", one, axis, np.squeeze(one.value, axis)), False


def _sliced(array: Traced, start: int, stop: int, axis: int) -> Traced:
    names = [array.graph.constant(np.array([number], np.int64)) for number in (start, stop, axis)]
    inside = (slice(None),) * axis + (slice(start, stop),)
    return array.graph.add("Slice", [array.name, *names], array.value[inside])


def _shaped(operator: str, array: Traced, axis: int, value: np.ndarray) -> Traced:
    axes = array.graph.constant(np.array([axis], np.int64))
    return array.graph.add(operator, [array.name, axes], value)


def _one(operator: str, function: Callable[..., Any], array: Traced) -> Traced:
    with np.errstate(all="ignore"):
        return array.graph.add(operator, [array.name], function(array.value))


def _many(operator: str, function: Callable[..., Any], arrays: Sequence[Any]) -> Traced:
    """Add a node of several arrays, some of which may be constants."""
    graph = next(array.graph for array in arrays if isinstance(array, Traced))
    values = [array.value if isinstance(array, Traced) else np.asarray(array, float) for array in arrays]
    names = [
        array.name if isinstance(array, Traced) else graph.constant(value)
        for array, value in zip(arrays, values, strict=True)
    ]
    with np.errstate(all="ignore"):
        return graph.add(operator, names, function(*values))


class Namespace:
    """The functions of the array API that steps and readouts use."""

    float64 = np.dtype(np.float64)
    pi = np.pi

    tanh = staticmethod(lambda x: _one("Tanh", np.tanh, x))
    exp = staticmethod(lambda x: _one("Exp", np.exp, x))
    log = staticmethod(lambda x: _one("Log", np.log, x))
    sqrt = staticmethod(lambda x: _one("Sqrt", np.sqrt, x))
    sin = staticmethod(lambda x: _one("Sin", np.sin, x))
    cos = staticmethod(lambda x: _one("Cos", np.cos, x))
    abs = staticmethod(lambda x: _one("Abs", np.abs, x))
    sign = staticmethod(lambda x: _one("Sign", np.sign, x))
    clip = staticmethod(lambda x, low=None, high=None: x.clip(low, high))
    matmul = staticmethod(lambda x, y: _many("MatMul", np.matmul, (x, y)))
    maximum = staticmethod(lambda x, y: _many("Max", np.maximum, (x, y)))
    minimum = staticmethod(lambda x, y: _many("Min", np.minimum, (x, y)))
    where = staticmethod(lambda condition, x, y: _many("Where", np.where, (condition, x, y)))

    @staticmethod
    def asarray(array: Any, dtype: Any = None) -> Any:
        """Give a traced array as it is, and anything else as a constant in double precision."""
        return array if isinstance(array, Traced) else np.asarray(array, float)

    @staticmethod
    def concat(arrays: Sequence[Any], axis: int = 0) -> Traced:
        """Join arrays along an axis."""
        joined = _many("Concat", lambda *values: np.concatenate(values, axis), arrays)
        joined.graph.nodes[-1].attribute.append(_integer("axis", axis))
        return joined

    @staticmethod
    def stack(arrays: Sequence[Traced], axis: int = 0) -> Traced:
        """Join arrays along a new axis."""
        at = axis % (arrays[0].ndim + 1)
        return Namespace.concat([_along(array, None, at)[0] for array in arrays], at)

    @staticmethod
    def mean(array: Traced, axis: int, keepdims: bool = False) -> Traced:
        """Average over an axis."""
        axes = array.graph.constant(np.array([axis % array.ndim], np.int64))
        value = array.value.mean(axis, keepdims=keepdims)
        return array.graph.add("ReduceMean", [array.name, axes], value, keepdims=int(keepdims))


def _integer(name: str, value: int) -> Any:
    from onnx import helper

    return helper.make_attribute(name, value)


def traced_model(function: Callable[..., Any], widths: dict[str, int], result: str) -> bytes:
    """Give the ONNX model of a function of arrays (row, width), in double precision.

    Parameters
    ----------
    function
        Takes the arrays of `widths`, in their order, and gives one array (row, …).
    widths
        Names of the arguments, and their numbers of columns.
    result
        Name of what is given.

    Raises
    ------
    TypeError, AttributeError
        If the function does what cannot be written down; see `Traced` and `Namespace` for what can.
    """
    from onnx import helper, numpy_helper

    graph = Graph()
    given = function(*(graph.argument(name, width) for name, width in widths.items()))
    # A graph must not give what it was given, nor a constant: one more node is neither.
    given = given + np.zeros(1)
    graph.nodes[-1].output[0] = result
    made = helper.make_graph(
        graph.nodes,
        "ctdspec",
        [helper.make_tensor_value_info(name, _DOUBLE, ["rows", width]) for name, width in widths.items()],
        [helper.make_tensor_value_info(result, _DOUBLE, ["rows", *given.shape[1:]])],
        [numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(made, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="ctdspec")
    return model.SerializeToString(deterministic=True)
