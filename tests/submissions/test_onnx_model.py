import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from ctdspec.submissions.onnx_model import OnnxFunction


def test_it_computes_what_the_reference_evaluator_does():
    """Operators with and without attributes, with several results, and with an argument left out."""
    rng = np.random.default_rng(0)
    weights = {
        "w": rng.standard_normal((4, 6)),
        "b": rng.standard_normal(6),
        "high": np.array(0.7),
        "axis": np.array([1]),
    }
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["a"], alpha=0.5),
        helper.make_node("Split", ["a"], ["first", "second"], axis=1, num_outputs=2),
        helper.make_node("Sigmoid", ["first"], ["s"]),
        helper.make_node("Softmax", ["second"], ["p"], axis=1),
        helper.make_node("Clip", ["s", "", "high"], ["c"]),
        helper.make_node("Mul", ["c", "p"], ["m"]),
        helper.make_node("ReduceSum", ["m", "axis"], ["total"], keepdims=1),
        helper.make_node("Concat", ["m", "total"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, 4])],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, [None, 4])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    rows = rng.standard_normal((300, 4))
    expected = ReferenceEvaluator(model).run(None, {"x": rows})[0]
    np.testing.assert_allclose(OnnxFunction(model.SerializeToString())(rows), expected, rtol=1e-13)
