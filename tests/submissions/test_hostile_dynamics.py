"""Models that try to open files, to run for ever, to fill the memory, or that are not what they say."""

from dataclasses import replace
from itertools import pairwise

import h5py
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ctdspec.errors import SubmissionError
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.dynamics_child import model_problems
from ctdspec.submissions.exchange import encode
from ctdspec.submissions.expected import Expected
from ctdspec.submissions.file import read_answer, write_answer
from ctdspec.submissions.judged import judged
from ctdspec.submissions.onnx_model import OPERATORS
from ctdspec.submissions.sandbox import read_apart

EXPECTED = Expected("digest", {"train": 6, "val": 2, "test": 3}, n_bins=20, n_neurons=5, n_stimulus=2)
PROBES = np.random.default_rng(2).standard_normal((256, 3))
WEIGHTS = np.random.default_rng(0).standard_normal((3, 3)) / 3
GOOD = encode(
    lambda states, inputs: states @ WEIGHTS, lambda states: (states @ np.ones((3, 5))) ** 2, 3, 0, "none"
)


def make_answer(dynamics=GOOD, **changes):
    rng = np.random.default_rng(1)
    splits = {
        name: SplitAnswer(
            rng.random((n, 20, 5), np.float32),
            rng.standard_normal((n, 20, 3), np.float32),
            rng.standard_normal((n, 20, 2), np.float32),
        )
        for name, n in EXPECTED.n_trials.items()
    }
    return replace(Answer("my_method", "digest", splits, dynamics=dynamics), **changes)


def model(nodes, constants=(), opset=18, domain="", arguments=("states",), **kwargs):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", 3]) for name in arguments],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 3])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    opsets = [helper.make_opsetid(domain, opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, **kwargs)


def node(operator, inputs, output="y", **attributes):
    return helper.make_node(operator, inputs, [output], **attributes)


def external_data():
    made = model([node("MatMul", ["states", "w"])], [("w", np.eye(3, dtype=np.float32))])
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return made


def constant_outside():
    weights = node("Constant", [], "w", value=numpy_helper.from_array(np.eye(3)))
    made = model([weights, node("MatMul", ["states", "w"])])
    tensor = made.graph.node[0].attribute[0].t
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return made


def loop():
    body = helper.make_graph([node("Identity", ["c"], "d")], "b", [], [])
    return model([node("Loop", ["", "", "states"], body=body)])


def hidden_graph():
    body = helper.make_graph([node("Identity", ["states"], "d")], "b", [], [])
    return model([node("Identity", ["states"], body=body)])


def function():
    inside, opsets = [node("Identity", ["a"], "b")], [helper.make_opsetid("", 18)]
    inner = helper.make_function("mine", "F", ["a"], ["b"], inside, opsets)
    return model([node("Identity", ["states"])], functions=[inner])


def huge_claim():
    made = model([node("MatMul", ["states", "w"])], [("w", np.eye(3, dtype=np.float32))])
    made.graph.initializer[0].dims[:] = [2**40, 3]
    return made


def negative_claim():
    made = model([node("MatMul", ["states", "w"])], [("w", np.eye(3, dtype=np.float32))])
    made.graph.initializer[0].dims[:] = [-3, -3]
    return made


def sparse():
    made = model([node("Identity", ["states"])])
    made.graph.sparse_initializer.add()
    return made


def doubling():
    names = ["states", *(f"v{k}" for k in range(40)), "y"]
    return model([node("Concat", [a, a], b, axis=1) for a, b in pairwise(names)])


def gathered():
    index = np.zeros(2_000_000, np.int64)
    return model([node("Gather", ["states", "i"], axis=1)], [("i", index)])


def slow():
    nodes = [node("MatMul", ["states", "a"], "v0")]
    nodes += [node("MatMul", [f"v{k}", "w"], f"v{k + 1}") for k in range(5)]
    nodes += [node("MatMul", ["v5", "b"])]
    big = np.zeros((2000, 2000), np.float32)
    return model(nodes, [("a", big[:3]), ("w", big), ("b", big[:, :3])])


def state_shaped():
    nodes = [node("Cast", ["states"], "n", to=TensorProto.INT64), node("Reshape", ["states", "n"])]
    return model(nodes)


def masked_shape():
    """An integer that depends on a state without any cast."""
    nodes = [
        node("Greater", ["states", "zero"], "m"),
        node("Where", ["m", "one", "two"], "n"),
        node("Slice", ["states", "none", "n"]),
    ]
    numbers = {"zero": 0, "none": 0, "one": 1, "two": 2}
    return model(nodes, [(name, np.array([value])) for name, value in numbers.items()])


def name_given_twice():
    return model([node("Identity", ["states"], "w"), node("MatMul", ["states", "w"])], [("w", np.eye(3))])


def division_by_zero():
    return model([node("Div", ["states", "z"])], [("z", np.zeros(3, np.float32))])


def mixing_rows():
    centre = node("ReduceMean", ["states", "axis"], "m", keepdims=1)
    return model([centre, node("Sub", ["states", "m"])], [("axis", np.array([0]))])


ATTACKS = {
    external_data: "SUB-DYN-005",
    constant_outside: "SUB-DYN-005",
    huge_claim: "SUB-DYN-005",
    negative_claim: "SUB-DYN-005",
    sparse: "SUB-DYN-005",
    loop: "SUB-DYN-004",
    hidden_graph: "SUB-DYN-004",
    function: "SUB-DYN-004",
    state_shaped: "SUB-DYN-006",
    masked_shape: "SUB-DYN-006",
    name_given_twice: "SUB-DYN-006",
    doubling: "SUB-DYN-010",
    gathered: "SUB-DYN-010",
    slow: "SUB-DYN-010",
    division_by_zero: "SUB-DYN-009",
    mixing_rows: "SUB-DYN-011",
    lambda: model([node("Identity", ["states"])], domain="com.microsoft", opset=1): "SUB-DYN-003",
    lambda: model([node("Identity", ["states"])], opset=9): "SUB-DYN-003",
    lambda: model([node("RandomNormalLike", ["states"])]): "SUB-DYN-004",
    lambda: model([node("FusedMatMul", ["states"], domain="com.microsoft")]): "SUB-DYN-004",
    lambda: model([node("Cast", ["states"], to=TensorProto.STRING)]): "SUB-DYN-004",
    lambda: model([node("Slice", ["states", "a", "b", "b"])], [("a", [0]), ("b", [1])]): "SUB-DYN-008",
    lambda: model([node("MatMul", ["states", "w"])], [("w", np.eye(7))]): "SUB-DYN-008",
    lambda: model([node("Identity", ["nowhere"])]): "SUB-DYN-008",
    lambda: model([node("Add", ["states", "more"])], arguments=("states", "more")): "SUB-DYN-007",
}  # fmt: skip


def codes(dynamics, **changes):
    answer, problems = judged(make_answer(dynamics, **changes), [], EXPECTED)
    assert (answer.dynamics is None) == bool(problems)
    return {problem.code for problem in problems}


BOMBS = (doubling, gathered, slow)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_every_attack_is_seen_for_what_it_is(attack):
    data = attack().SerializeToString()
    if attack in BOMBS:
        assert codes(replace(GOOD, step=data)) == {ATTACKS[attack]}
    else:
        assert {problem.code for problem in model_problems(data, [PROBES], 3, "step")} == {ATTACKS[attack]}


@pytest.mark.parametrize(
    "data", [b"", b"\x80\x04pickle", b"\x89HDF\r\n\x1a\n", b"\x00" * 1000, GOOD.step[:-40]]
)
def test_bytes_that_are_no_model_are_refused(data):
    found = {problem.code for problem in model_problems(data, [PROBES], 3, "step")}
    assert found
    assert found <= {"SUB-DYN-002", "SUB-DYN-003", "SUB-DYN-005", "SUB-DYN-008"}


def test_dynamics_of_states_that_are_not_finite_are_not_run():
    answer = make_answer()
    states = np.full((3, 20, 3), np.nan, np.float32)
    splits = {**answer.splits, "test": replace(answer.splits["test"], states=states)}
    judgement, problems = judged(make_answer(splits=splits), [], EXPECTED)
    assert (judgement.dynamics, problems) == (None, [])


def test_a_readout_gives_the_rates_of_all_neurons():
    assert codes(GOOD) == set()
    assert codes(replace(GOOD, readout=GOOD.step)) == {"SUB-DYN-008"}


def test_a_step_takes_the_inputs_that_there_are():
    ones = np.ones((3, 5))
    driven = encode(lambda s, u: s @ WEIGHTS + u @ ones[:2, :3], lambda s: s @ ones, 3, 2, "inferred")
    assert codes(driven) == set()
    assert codes(replace(driven, inputs="stimulus"), given_inputs=True) == set()
    assert codes(replace(driven, inputs="stimulus")) == {"SUB-DYN-012"}
    assert codes(replace(driven, inputs="none")) == {"SUB-DYN-007"}
    answer = make_answer(driven)
    without = {name: replace(split, inputs=None) for name, split in answer.splits.items()}
    assert codes(driven, splits=without) == {"SUB-DYN-012"}
    without = {name: replace(split, states=None) for name, split in answer.splits.items()}
    assert codes(driven, splits=without) == {"SUB-DYN-007"}


@pytest.mark.parametrize("read", [read_apart, lambda path, expected: (read_answer(path, expected), [])])
def test_dynamics_travel_in_the_file(tmp_path, read):
    path = tmp_path / "submission.h5"
    write_answer(path, make_answer())
    with h5py.File(path) as file:
        assert file.attrs["track"] == "D"
        assert file["dynamics"].attrs["inputs"] == "none"
        assert np.asarray(file["dynamics/step"]).dtype == np.uint8
    answer, problems = read(path, EXPECTED)
    assert not problems
    assert answer.dynamics == GOOD


def missing_readout(file):
    del file["dynamics/readout"]


def unknown_inputs(file):
    file["dynamics"].attrs["inputs"] = "wishes"


def missing_attribute(file):
    del file["dynamics"].attrs["inputs"]


def floats_for_bytes(file):
    del file["dynamics/step"]
    file["dynamics/step"] = np.zeros(9, np.float32)


def claimed_terabytes(file):
    del file["dynamics/step"]
    file.create_dataset("dynamics/step", (2**40,), np.uint8, chunks=(2**20,))


def unwritten(file):
    del file["dynamics/step"]
    file.create_dataset("dynamics/step", (2**20,), np.uint8)


def linked(file):
    del file["dynamics/step"]
    file["dynamics/step"] = h5py.ExternalLink("/etc/passwd", "/step")


def a_third_model(file):
    file["dynamics/encoder"] = np.zeros(9, np.uint8)


def wrong_track(file):
    file.attrs["track"] = "S"


FILES = {
    missing_readout: "SUB-DYN-007",
    unknown_inputs: "SUB-DYN-007",
    missing_attribute: "SUB-DYN-007",
    floats_for_bytes: "SUB-STR-014",
    claimed_terabytes: "SUB-DYN-001",
    unwritten: "SUB-STR-015",
    linked: "SUB-SAF-004",
    a_third_model: "SUB-STR-008",
    wrong_track: "SUB-STR-003",
}


@pytest.mark.parametrize("change", FILES, ids=lambda change: change.__name__)
def test_the_group_in_the_file_is_what_it_should_be(tmp_path, change):
    path = tmp_path / "submission.h5"
    write_answer(path, make_answer())
    with h5py.File(path, "a") as file:
        change(file)
    assert FILES[change] in {problem.code for problem in read_apart(path, EXPECTED)[1]}
    with pytest.raises(SubmissionError, match=FILES[change]):
        read_answer(path, EXPECTED)


def test_every_allowed_operator_is_one_that_the_evaluator_has():
    from onnx.reference import ReferenceEvaluator
    from onnx.reference.ops import load_op

    for operator in sorted(OPERATORS):
        assert load_op("", operator, 18, evaluator_cls=ReferenceEvaluator)


def test_no_operator_that_can_act_is_allowed():
    allowed = {schema.name for schema in onnx.defs.get_all_schemas()} & OPERATORS
    assert allowed == OPERATORS
    graphs = {
        schema.name
        for schema in onnx.defs.get_all_schemas()
        if any("GRAPH" in str(attribute.type) for attribute in schema.attributes.values())
    }
    assert {"Loop", "If", "Scan"} <= graphs
    assert not graphs & OPERATORS
