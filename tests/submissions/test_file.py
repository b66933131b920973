import json
import os
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from ctdspec.errors import SubmissionError
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.expected import Expected
from ctdspec.submissions.file import read_answer, write_answer

N_TRIALS = {"train": 6, "val": 2, "test": 3}
EXPECTED = Expected("digest", N_TRIALS, n_bins=20, n_neurons=5)


def make_answer() -> Answer:
    rng = np.random.default_rng(0)
    splits = {
        name: SplitAnswer(
            rng.random((n, 20, 5), np.float32),
            rng.standard_normal((n, 20, 3), np.float32),
            rng.standard_normal((n, 20, 2), np.float32),
        )
        for name, n in N_TRIALS.items()
    }
    parameters = {"width_s": 0.05, "layers": 3, "bias": True, "note": "σ", "none": None, "tried": [1.5, None]}
    return Answer("my_method", "digest", splits, given_inputs=True, parameters=parameters)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_answer(tmp_path / "submission.h5", make_answer())
    return tmp_path / "submission.h5"


def problems(path: Path, expected: Expected = EXPECTED) -> str:
    with pytest.raises(SubmissionError) as caught:
        read_answer(path, expected)
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_what_was_written_is_read(path):
    wrote, read = make_answer(), read_answer(path, EXPECTED)
    assert replace(read, splits={}) == replace(wrote, splits={})
    assert set(read.splits) == set(N_TRIALS)
    for name, split in wrote.splits.items():
        for array, found in vars(split).items():
            assert np.array_equal(vars(read.splits[name])[array], found)


def test_the_layout_is_the_documented_one(path):
    with h5py.File(path) as file:
        assert dict(file.attrs) | {"parameters": ""} == {
            "format": "ctdspec-submission", "version": 1, "method": "my_method", "dataset": "digest",
            "track": "S", "given_inputs": True, "parameters": "",
        }  # fmt: skip
        assert file["test/rates_hz"].dtype == np.float32
        assert list(file["test/states"].attrs["dims"]) == ["trial", "time", "latent"]


def test_the_same_answer_gives_the_same_bytes(path, tmp_path):
    write_answer(tmp_path / "again.h5", make_answer())
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_answer(path, replace(make_answer(), parameters={"loss": float("nan")}))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_rates_of_the_test_split_are_enough(tmp_path):
    answer = replace(make_answer(), splits={"test": SplitAnswer(make_answer().splits["test"].rates_hz)})
    write_answer(tmp_path / "r.h5", answer)
    found = read_answer(tmp_path / "r.h5", EXPECTED)
    assert list(found.splits) == ["test"]
    assert found.splits["test"].states is None


def with_connectivity(path: Path, matrix: np.ndarray) -> Path:
    write_answer(path, replace(make_answer(), connectivity=matrix))
    return path


def test_a_connectivity_is_read_as_it_was_written(tmp_path):
    matrix = np.arange(25, dtype=np.float32).reshape(5, 5) - 12
    path = with_connectivity(tmp_path / "c.h5", matrix)
    found = read_answer(path, EXPECTED)
    assert np.array_equal(found.connectivity, matrix)
    with h5py.File(path) as file:
        assert list(file["connectivity"].attrs["dims"]) == ["neuron", "source_neuron"]
        assert file.attrs["track"] == "S"


def test_a_connectivity_that_does_not_fit_is_refused(tmp_path):
    matrix = np.zeros((5, 5))
    matrix[3, 1] = np.inf
    assert (
        "connectivity: found 1 values that are NaN or infinite, the first at (row 3, column 1)"
        in problems(with_connectivity(tmp_path / "c.h5", matrix))
    )
    text = "connectivity: found shape (4, 5), expected (neuron 5, source neuron 5)"
    assert text in problems(with_connectivity(tmp_path / "s.h5", np.zeros((4, 5))))
    with pytest.raises(SubmissionError, match="SUB-STR-018"):
        EXPECTED.ensure(replace(make_answer(), connectivity=np.zeros((5, 5, 1))))


def test_a_connectivity_is_looked_at_like_every_array(path, tmp_path):
    with h5py.File(path, "a") as file:
        file.create_group("connectivity")
    assert "SUB-STR-011" in problems(path)
    with h5py.File(path, "a") as file:
        del file["connectivity"]
        file["connectivity"] = h5py.ExternalLink("other.h5", "/x")
    assert "SUB-SAF-004" in problems(path)
    with h5py.File(path, "a") as file:
        del file["connectivity"]
        file["connectivity"] = np.zeros((5, 5), np.int32)
    assert "SUB-STR-014" in problems(path)


def test_other_ways_to_write_the_same_are_read(path):
    """What h5py and MATLAB users write: float64, big-endian, gzip, integers for booleans, bytes for text."""
    expected = make_answer().splits["test"].rates_hz
    with h5py.File(path, "a") as file:
        file.attrs["given_inputs"] = 1
        file.attrs["method"] = np.bytes_(b"my_method")
        for kind, options in (
            ("<f8", {"compression": "gzip", "shuffle": True}),
            (">f4", {"chunks": (1, 7, 5)}),
        ):
            del file["test/rates_hz"]
            file.create_dataset("test/rates_hz", data=expected.astype(kind), **options)
            file.flush()
            assert np.array_equal(read_answer(path, EXPECTED).splits["test"].rates_hz, expected)


def test_everything_wrong_is_said_at_once(path):
    with h5py.File(path, "a") as file:
        file.attrs["dataset"] = "another"
        file.attrs["method"] = "../../evil"
        file.attrs["parameters"] = "[" * 100_000
        del file.attrs["format"]
        file["extra"] = 1
        del file["val/states"]
        file["train/rates_hz"][2, 3, 4] = np.nan
        file["test/rates_hz"][0, 1, 2] = -1
        del file["test/inputs"]
        file["test/inputs"] = np.zeros((3, 20, 7), np.float32)
    text = problems(path)
    assert f"{path}: 9 problems" in text
    for part in (
        "attribute format: found no such attribute",
        "attribute method: found '../../evil', expected a name",
        "attribute parameters: found '[[[",
        "dataset: found 'another', expected 'digest'",
        "extra: found an unknown name, expected one of train, val, test",
        "train/rates_hz: found 1 values that are NaN or infinite, the first at (trial 2, time 3, column 4)",
        "test/rates_hz: found 1 negative rates, the first at (trial 0, time 1, column 2)",
        "states: found none in val",
        "inputs: found test 7, train 2, val 2",
    ):
        assert part in text


@pytest.mark.parametrize(
    "missing", ["format", "version", "method", "dataset", "track", "given_inputs", "parameters"]
)
def test_every_attribute_is_needed(path, missing):
    with h5py.File(path, "a") as file:
        del file.attrs[missing]
    assert f"attribute {missing}: found no such attribute" in problems(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2), ("track", "R"), ("given_inputs", 7), ("given_inputs", 0.5), ("method", 3),
        ("parameters", "[]"), ("parameters", '{"a": NaN}'), ("parameters", '{"a": {}}'),
        ("method", np.array(["a", "b"], object)), ("dataset", h5py.Empty("f4")),
    ],
)  # fmt: skip
def test_wrong_attributes_are_refused(path, name, value):
    with h5py.File(path, "a") as file:
        file.attrs[name] = value
    assert f"attribute {name}: found" in problems(path)


def test_what_is_no_hdf5_file_is_refused(tmp_path, path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").touch()
    (tmp_path / "short.h5").write_bytes(path.read_bytes()[:3000])
    for name, says in {
        "absent": "no such file", "pipe": "a folder or a device", "": "a folder or a device",
        "text": "no HDF5 signature", "empty": "no HDF5 signature", "short.h5": "damaged",
    }.items():  # fmt: skip
        assert says in problems(tmp_path / name)


def test_flipped_bytes_never_give_a_traceback(path):
    """A damaged file is read as it is or refused, whichever of its first bytes is damaged."""
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for position in rng.integers(8, 6000, 150):
        spoiled = bytearray(whole)
        spoiled[position] ^= int(rng.integers(1, 256))
        path.write_bytes(spoiled)
        try:
            read_answer(path, EXPECTED)
        except SubmissionError:
            refused += 1
    assert refused > 20


def test_parameters_are_plain_json(path):
    with h5py.File(path) as file:
        assert json.loads(file.attrs["parameters"])["tried"] == [1.5, None]
