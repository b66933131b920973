from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from nwbinspector import inspect_nwbfile, load_config
from pynwb import NWBHDF5IO, validate

from ctdspec.errors import DatasetError
from ctdspec.store.digest import nwb_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.recording import open_recording
from ctdspec.store.session import Session

PADDED = np.arange(40) < np.where(np.arange(30) % 3, 40, 25)[:, None]


@pytest.fixture(scope="module", params=["two columns", "no inputs", "padded", "one held in", "60 Hz"])
def variant(
    request: pytest.FixtureRequest, tmp_path_factory: Any, make_session: Any, make_dataset: Any
) -> Any:
    session: Session = {
        "two columns": lambda: make_session(),
        "no inputs": lambda: make_session(columns=0),
        "padded": lambda: dataclasses.replace(make_session(), valid=PADDED, condition=np.arange(30) % 5),
        "one held in": lambda: make_session(n_neurons=3),
        "60 Hz": lambda: make_session(bin_s=1 / 60),
    }[request.param]()
    path = tmp_path_factory.mktemp("variant") / "3bff_small"
    return make_dataset(path, session, mean=0.5)


def _paths(dataset: Any) -> list[Path]:
    return [dataset.folder.nwb_train, dataset.folder.nwb_test]


def test_nwbinspector_has_nothing_to_say(variant: Any) -> None:
    for path in _paths(variant):
        assert [str(message) for message in inspect_nwbfile(nwbfile_path=path)] == []


def test_nwbinspector_has_nothing_to_say_for_dandi(dataset: Any) -> None:
    for path in _paths(dataset):
        assert [str(m) for m in inspect_nwbfile(nwbfile_path=path, config=load_config("dandi"))] == []


def test_pynwb_validates(variant: Any) -> None:
    for path in _paths(variant):
        assert validate(path=str(path)) == []


def test_recording_gives_back_what_went_in(variant: Any) -> None:
    recording = open_recording(variant.folder.path)
    session, split = variant.session, variant.session.split
    assert recording.dataset == session.dataset
    assert recording.bin_s == session.bin_s
    np.testing.assert_array_equal(recording.held_out, session.held_out)
    for name, seen in recording.splits.items():
        neurons = ~session.held_out if name == "test" else np.full(session.n_neurons, True)
        np.testing.assert_array_equal(seen.spikes, variant.counts[split == name][..., neurons])
        np.testing.assert_array_equal(seen.stimulus, variant.stimulus[split == name])
        np.testing.assert_array_equal(seen.valid, session.valid[split == name])
        assert (seen.spikes.dtype, seen.stimulus.dtype) == (np.uint16, np.float32)


def test_pynwb_reads_units_trials_and_behavior(dataset: Any) -> None:
    """The same counts as `np.histogram` gives of what pynwb reads."""
    session = dataset.session
    with NWBHDF5IO(dataset.folder.nwb_train, "r") as io:
        file = io.read()
        trials = file.trials.to_dataframe()
        rows = session.trials("train")
        np.testing.assert_array_equal(trials.index, rows)
        np.testing.assert_array_equal(trials["split"], session.split[rows])
        edges = np.arange(len(rows) * session.n_bins + 1) * session.bin_s
        for neuron in range(session.n_neurons):
            counts = np.histogram(file.units["spike_times"][neuron], edges)[0]
            np.testing.assert_array_equal(counts, dataset.counts[rows, :, neuron].reshape(-1))
        np.testing.assert_array_equal(file.units["heldout"][:], session.held_out)
        outputs = file.processing["behavior"]["outputs"]
        np.testing.assert_array_equal(outputs.data[:], dataset.outputs[rows].reshape(-1, 2))
        assert outputs.comments == "columns=[bit_0,bit_1]"
        assert file.source_script == session.spec_yaml
    with NWBHDF5IO(dataset.folder.nwb_test, "r") as io:
        file = io.read()
        assert list(file.units.id[:]) == [0, 1, 2, 3, 4, 5]
        assert "behavior" not in file.processing


def test_names_are_valid_on_dandi(dataset: Any, tmp_path: Path, make_dataset: Any, make_session: Any) -> None:
    names = [path.relative_to(dataset.folder.path).as_posix() for path in _paths(dataset)]
    assert names == [
        "sub-3bff-small/sub-3bff-small_ses-seed3_desc-train_behavior+ecephys.nwb",
        "sub-3bff-small/sub-3bff-small_ses-seed3_desc-test_ecephys.nwb",
    ]
    bare = make_dataset(tmp_path / "x", make_session(columns=0))
    assert bare.folder.nwb_train.name == "sub-3bff-small_ses-seed3_desc-train_ecephys.nwb"


def _values(file: h5py.File) -> Iterator[tuple[str, Any]]:
    nodes: list[tuple[str, Any]] = []
    file.visititems(lambda name, node: nodes.append((name, node)))
    for name, node in nodes:
        if isinstance(node, h5py.Dataset):
            yield name, node[()]
        for key, value in node.attrs.items():
            yield f"{name}@{key}", value


def test_only_what_an_experimenter_sees_is_in_the_files(dataset: Any) -> None:
    """Numbers and words: every array of numbers is a known public one, and no word names the truth."""
    allowed = {
        *[f"units/{name}" for name in ("id", "heldout", "spike_times", "spike_times_index")],
        *["units/obs_intervals", "units/obs_intervals_index"],
        *[f"intervals/trials/{name}" for name in ("id", "start_time", "stop_time")],
        *["stimulus/presentation/stimulus/data", "processing/behavior/outputs/data"],
    }
    for path in _paths(dataset):
        with h5py.File(path) as file:
            for name, value in _values(file):
                array = np.asarray(value)
                if array.dtype.kind in "fiub" and array.size > 1:
                    assert name in allowed
                elif not name.startswith("specifications"):
                    text = f"{name} {array.tolist()}"
                    assert not any(word in text for word in ("latents", "rates", "weights", "noisy"))


def test_the_test_file_has_neither_outputs_nor_held_out_spikes(dataset: Any) -> None:
    test = dataset.session.split == "test"
    for array in (dataset.outputs[test], dataset.stimulus[~test]):
        with h5py.File(dataset.folder.nwb_test) as file:
            for _, value in _values(file):
                values = np.asarray(value)
                assert values.dtype.kind != "f" or not np.isin(array.reshape(-1)[:20], values).any()
    with h5py.File(dataset.folder.nwb_test) as file:
        assert len(file["units/spike_times"]) == dataset.counts[test][..., :6].sum()


_WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from conftest import session, write
write(Path(sys.argv[1]), session(), threads=int(sys.argv[2]))
"""


def test_bytes_are_the_same_in_any_process_with_any_threads(dataset: Any, tmp_path: Path) -> None:
    code = _WRITE.format(tests=str(Path(__file__).parent))
    environment = {**os.environ, "PYTHONHASHSEED": "2"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path), "3"], check=True, env=environment)
    for name in dataset.digests:
        again, first = ((folder / name).read_bytes() for folder in (tmp_path, dataset.folder.path))
        assert hashlib.sha256(again).hexdigest() == hashlib.sha256(first).hexdigest()


def test_digests_are_those_of_the_files(dataset: Any) -> None:
    for name, digest in dataset.digests.items():
        assert nwb_digest(dataset.folder.path / name) == digest


def test_groups_of_neurons_and_many_chunks_do_not_matter(
    dataset: Any, tmp_path: Path, make_dataset: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctdspec.store.nwb._GROUP_BYTES", 3 * dataset.counts[..., 0].nbytes)
    monkeypatch.setattr("ctdspec.store.nwb._BLOCK_VALUES", 1)
    for module in ("nwb_structure", "spike_column"):
        monkeypatch.setattr(f"ctdspec.store.{module}.CHUNK_SPIKES", 100)
    again = make_dataset(tmp_path / "3bff_small", dataset.session)
    assert again.digests == dataset.digests


def test_signals_that_do_not_fit_are_refused(dataset: Any, tmp_path: Path) -> None:
    folder, session = DatasetFolder(tmp_path / "x"), dataset.session
    signals = {"stimulus": dataset.stimulus, "outputs": dataset.outputs}

    def write(session: Session = session, counts: np.ndarray = dataset.counts, **other: Any) -> None:
        write_nwb_pair(folder, session, lambda n: counts[..., n], **{**signals, **other})

    with pytest.raises(DatasetError, match="stimulus: the session expects an array of shape"):
        write(stimulus=None)
    with pytest.raises(DatasetError, match="outputs: the session expects an array of shape"):
        write(outputs=dataset.outputs[:, :3])
    with pytest.raises(DatasetError, match="expected uint16 counts"):
        write(counts=dataset.counts.astype(np.int64))
    with pytest.raises(DatasetError, match="no neuron fires in any trial of the train file"):
        write(counts=np.zeros_like(dataset.counts))
    with pytest.raises(DatasetError, match="the padding must be silent"):
        write(session=dataclasses.replace(session, valid=PADDED))
    assert [path.name for path in tmp_path.rglob("*.nwb") if "ctdspec-new" not in path.name] == []


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("valid", ~PADDED, "padded at its end only"),
        ("split", np.full(30, "training"), "allowed are train, val and test"),
        ("split", np.full(3, "train"), "split has 3 trials, but valid has 30"),
    ],
)
def test_a_session_that_is_not_one(make_session: Any, field: str, value: np.ndarray, text: str) -> None:
    with pytest.raises(DatasetError, match=text):
        dataclasses.replace(make_session(), **{field: value})


def test_notes_hold_what_programs_need(dataset: Any) -> None:
    with h5py.File(dataset.folder.nwb_train) as file:
        notes = json.loads(file["general/notes"][()])
    assert notes["bin_s"] == 0.01
    assert notes["bins_per_trial"] == 40
    assert notes["dataset"] == dataset.session.dataset
