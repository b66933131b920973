from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import zarr
from nwbinspector import inspect_nwbfile, load_config
from pynwb import NWBHDF5IO, validate

from ctdspec.errors import DatasetError
from ctdspec.store.digest import nwb_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.recording import open_recording
from ctdspec.store.session import Events, Session

PADDED = np.arange(40) < np.where(np.arange(30) % 3, 40, 25)[:, None]
OBSERVED = np.ones((30, 8), bool)
OBSERVED[10:, 2] = OBSERVED[:12, 3] = OBSERVED[::4, 7] = OBSERVED[:, 4] = False
PULSES = Events(np.array([4, 4, 9, 21, 21]), np.array([0.3, 0.1, 0.0, 0.05, 0.2]), "Pulses.")
CHOICES = Events(np.arange(0, 30, 2), np.full(15, 0.11), "Choices.", behavior=True)
NAMED = {
    "session_name": "day-2",
    "neuron_ids": np.array([3, 5, 8, 13, 21, 34, 55, 89]),
    "population": np.array(["E", "E", "E", "I", "E", "I", "I", "E"]),
}
VARIANTS: dict[str, dict[str, Any]] = {
    "two columns": {},
    "no inputs": {"input_names": (), "output_names": ()},
    "padded": {"valid": PADDED, "condition": np.arange(30) % 5},
    "one held in at 60 Hz": {"held_out": np.arange(3) > 0, "bin_s": 1 / 60},
    "everything": {
        **NAMED,
        "observed": OBSERVED,
        "steps_per_bin": 2,
        "events": {"pulse": PULSES, "choice": CHOICES},
    },
    "rates": {"signal_kind": "rates", **NAMED},
    "fluorescence": {"signal_kind": "fluorescence", "valid": PADDED, "observed": OBSERVED},
}


@pytest.fixture(scope="module", params=VARIANTS)
def variant(
    request: pytest.FixtureRequest, tmp_path_factory: Any, make_session: Any, make_dataset: Any
) -> Any:
    session: Session = dataclasses.replace(make_session(), **VARIANTS[request.param])
    return make_dataset(tmp_path_factory.mktemp("variant") / "3bff_small", session)


def _paths(dataset: Any) -> list[Path]:
    return [dataset.folder.nwb_train, dataset.folder.nwb_test]


@pytest.mark.parametrize("config", [None, "dandi"])
def test_nwbinspector_has_nothing_to_say(variant: Any, config: str | None) -> None:
    for path in _paths(variant):
        found = inspect_nwbfile(nwbfile_path=path, config=load_config(config) if config else None)
        assert [str(message) for message in found] == []


def test_pynwb_validates(variant: Any) -> None:
    for path in _paths(variant):
        assert validate(path=str(path)) == []


def test_recording_gives_back_what_went_in(variant: Any) -> None:
    recording = open_recording(variant.folder.path)
    session, split = variant.session, variant.session.split
    assert (recording.dataset, recording.bin_s) == (session.dataset, session.bin_s)
    assert recording.signal_kind == session.signal_kind
    np.testing.assert_array_equal(recording.held_out, session.held_out)
    np.testing.assert_array_equal(recording.neuron_ids, session.ids)
    np.testing.assert_array_equal(recording.population, session.populations)
    for name, seen in recording.splits.items():
        neurons = ~session.held_out if name == "test" else np.full(session.n_neurons, True)
        observed = session.observed_in(split == name)[:, neurons]
        if session.signal_kind:
            there = session.valid[split == name][..., None] & observed[:, None]
            expected = np.where(there, variant.recorded[split == name][..., neurons], np.float32(np.nan))
            np.testing.assert_array_equal(seen.signals, expected)
            with pytest.raises(DatasetError, match=r"it has signals .* and no spikes"):
                _ = seen.spikes
        else:
            np.testing.assert_array_equal(seen.spikes, variant.counts[split == name][..., neurons])
            assert seen.spikes.dtype == np.uint16
        np.testing.assert_array_equal(seen.observed, observed)
        np.testing.assert_array_equal(seen.stimulus, variant.stimulus[split == name])
        np.testing.assert_array_equal(seen.valid, session.valid[split == name])
        assert seen.stimulus.dtype == np.float32


def test_pynwb_reads_units_trials_and_behavior(dataset: Any) -> None:
    """The same counts as `np.histogram` gives of what pynwb reads."""
    session = dataset.session
    with NWBHDF5IO(dataset.folder.nwb_train, "r") as io:
        file = io.read()
        trials = file.trials.to_dataframe()
        rows = session.trials("train")
        np.testing.assert_array_equal(trials["number"], rows)
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
        *[f"intervals/trials/{name}" for name in ("id", "number", "start_time", "stop_time")],
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
write(Path(sys.argv[1]), session(), threads=int(sys.argv[2]), storage=sys.argv[3])
"""


@pytest.mark.parametrize("storage", ["compressed", "plain"])
def test_bytes_are_the_same_in_any_process_with_any_threads(
    dataset: Any, tmp_path: Path, make_dataset: Any, storage: str
) -> None:
    first = make_dataset(tmp_path / "first", dataset.session, threads=1, storage=storage)
    code = _WRITE.format(tests=str(Path(__file__).parent))
    environment = {**os.environ, "PYTHONHASHSEED": "2"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path), "3", storage], check=True, env=environment)
    for name in first.digests:
        again, once = ((folder / name).read_bytes() for folder in (tmp_path, first.folder.path))
        assert hashlib.sha256(again).hexdigest() == hashlib.sha256(once).hexdigest()


def test_plain_files_say_the_same_in_one_piece(variant: Any, tmp_path: Path, make_dataset: Any) -> None:
    plain = make_dataset(tmp_path / "3bff_small", variant.session, storage="plain")
    assert plain.digests == variant.digests
    for path in _paths(plain):
        with h5py.File(path) as file:
            nodes: list[Any] = []
            file.visititems(lambda _, node, nodes=nodes: nodes.append(node))
            assert not any(isinstance(node, h5py.Dataset) and node.chunks for node in nodes)


def test_digests_are_those_of_the_files(dataset: Any) -> None:
    for name, digest in dataset.digests.items():
        assert nwb_digest(dataset.folder.path / name) == digest


def test_groups_of_neurons_and_many_chunks_do_not_matter(
    dataset: Any, tmp_path: Path, make_dataset: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctdspec.store.neuron_counts._GROUP_BYTES", 500)
    monkeypatch.setattr("ctdspec.store.neuron_counts._SEGMENT_VALUES", 2 * dataset.counts[0].size)
    monkeypatch.setattr("ctdspec.store.digest._BLOCK_BYTES", 7 * dataset.counts[0].nbytes)
    for module in ("nwb_storage", "spike_column"):
        monkeypatch.setattr(f"ctdspec.store.{module}.CHUNK_VALUES", 100)
    again = make_dataset(tmp_path / "3bff_small", dataset.session)
    assert again.digests == dataset.digests


def test_signals_that_do_not_fit_are_refused(dataset: Any, tmp_path: Path) -> None:
    folder, session = DatasetFolder(tmp_path / "x"), dataset.session
    signals = {"stimulus": dataset.stimulus, "outputs": dataset.outputs}

    def write(session: Session = session, counts: np.ndarray = dataset.counts, **other: Any) -> None:
        write_nwb_pair(folder, session, counts, **{**signals, **other})

    with pytest.raises(DatasetError, match="stimulus: the session expects an array of shape"):
        write(stimulus=None)
    with pytest.raises(DatasetError, match="outputs: the session expects an array of shape"):
        write(outputs=dataset.outputs[:, :3])
    with pytest.raises(DatasetError, match="expected uint16 counts"):
        write(counts=dataset.counts.astype(np.int64))
    with pytest.raises(DatasetError, match="no neuron fires in any trial of the train file"):
        write(counts=np.zeros_like(dataset.counts))
    with pytest.raises(DatasetError, match="fires in trial 0 after its end"):
        write(session=dataclasses.replace(session, valid=PADDED))
    assert [path.name for path in tmp_path.rglob("*.nwb") if "ctdspec-new" not in path.name] == []


def test_a_neuron_has_intervals_only_for_trials_that_observed_it(
    tmp_path: Path, make_session: Any, make_dataset: Any
) -> None:
    session = dataclasses.replace(make_session(), observed=OBSERVED, valid=PADDED)
    written = make_dataset(tmp_path / "x", session)
    with NWBHDF5IO(written.folder.nwb_train, "r") as io:
        units = io.read().units
        for neuron in range(8):
            middle_s = (np.arange(24)[:, None] * 40 + np.arange(40) + 0.5) * session.bin_s
            inside = sum((low < middle_s) & (middle_s < high) for low, high in units["obs_intervals"][neuron])
            rows = session.trials("train")
            np.testing.assert_array_equal(inside, PADDED[rows] & OBSERVED[rows, neuron, None])
    with pytest.raises(DatasetError, match="while it is not observed"):
        write_nwb_pair(
            written.folder, session, np.ones_like(written.recorded), written.stimulus, written.outputs
        )


def test_spikes_lie_inside_their_steps(tmp_path: Path, make_session: Any, make_dataset: Any) -> None:
    session = dataclasses.replace(make_session(), steps_per_bin=5)
    written = make_dataset(tmp_path / "x", session)
    rows = session.trials("train")
    edges = np.arange(len(rows) * 200 + 1) * 0.002
    with NWBHDF5IO(written.folder.nwb_train, "r") as io:
        units = io.read().units
        for neuron in range(8):
            counts = np.histogram(units["spike_times"][neuron], edges)[0]
            np.testing.assert_array_equal(counts, written.recorded[rows, :, neuron].reshape(-1))


def test_two_sessions_lie_side_by_side(tmp_path: Path, make_session: Any, make_dataset: Any) -> None:
    times = []
    for name in ("day-1", "day-2"):
        make_dataset(tmp_path, dataclasses.replace(make_session(), session_name=name))
        with h5py.File(DatasetFolder(tmp_path).nwb("train", name)) as file:
            times.append(file["units/spike_times"][:])
            assert file["general/session_id"][()] == name.encode()
    assert (times[0] == times[1]).mean() < 0.1
    assert open_recording(tmp_path, "day-2").dataset == "5a" * 32
    with pytest.raises(DatasetError, match="name the session"):
        open_recording(tmp_path)


def test_events_and_conditions_are_where_loaders_look(
    tmp_path: Path, make_session: Any, make_dataset: Any
) -> None:
    events = {"pulse": PULSES, "choice": CHOICES}
    session = dataclasses.replace(make_session(), events=events, condition=np.arange(30) % 5)
    folder = make_dataset(tmp_path / "x", session).folder
    for path, part in [(folder.nwb_train, "train"), (folder.nwb_test, "test")]:
        rows = session.trials(part)
        with NWBHDF5IO(path, "r") as io:
            file = io.read()
            trials = file.trials.to_dataframe()
            np.testing.assert_array_equal(trials["condition"], rows % 5)
            expected = sorted(
                trials.set_index("number")["start_time"][trial] + time_s
                for trial, time_s in zip(PULSES.trial, PULSES.time_s, strict=True)
                if trial in rows
            )
            found = file.events["pulse"]["timestamp"][:] if file.events else []
            np.testing.assert_allclose(found, expected, atol=1e-12)
            assert ("choice_time" in trials) == (part == "train")
            if part == "train":
                after_s = trials["choice_time"] - trials["start_time"]
                np.testing.assert_allclose(after_s, np.where(rows % 2, np.nan, 0.11), atol=1e-12)


def test_pynwb_reads_signals(tmp_path: Path, make_session: Any, make_dataset: Any) -> None:
    for kind in ("fluorescence", "rates"):
        session = dataclasses.replace(make_session(), signal_kind=kind, **NAMED)
        written = make_dataset(tmp_path / kind, session)
        path = written.folder.nwb("test", "day-2")
        assert path.name.endswith("_ophys.nwb" if kind == "fluorescence" else "_ecephys.nwb")
        with NWBHDF5IO(path, "r") as io:
            file = io.read()
            if kind == "fluorescence":
                series = file.processing["ophys"]["Fluorescence"]["fluorescence"]
                table = series.rois.table
            else:
                series, table = (file.processing["ecephys"][name] for name in ("rates", "neurons"))
            expected = written.recorded[session.split == "test"][..., :6].reshape(-1, 6)
            np.testing.assert_array_equal(series.data[:], expected)
            assert series.rate == pytest.approx(100)
            assert list(table.id[:]) == [3, 5, 8, 13, 21, 34]
            assert list(table["population"][:]) == ["E", "E", "E", "I", "E", "I"]
            assert file.units is None


def test_counts_are_read_once_and_never_all_in_memory(tmp_path: Path, make_session: Any) -> None:
    session = dataclasses.replace(
        make_session(400, 500, 200), input_names=(), output_names=(), split=np.repeat(["train", "test"], 200)
    )
    shape = (400, 500, 200)
    stored = zarr.create_array(tmp_path / "counts.zarr", shape=shape, dtype="uint16", chunks=(10, 500, 200))
    rng = np.random.Generator(np.random.PCG64(2))
    for start in range(0, 400, 10):
        stored[start : start + 10] = rng.random((10, 500, 200)) < 0.1
    rows: list[slice] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(stored, name)

        def __getitem__(self, asked: slice) -> np.ndarray:
            rows.append(asked)
            return np.asarray(stored[asked])

    tracemalloc.start()
    write_nwb_pair(DatasetFolder(tmp_path / "x"), session, Watched(), storage="plain")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [row for asked in rows for row in range(400)[asked]] == list(range(400))
    # 80 MB of counts, 4e6 spikes of 32 MB: blocks of 8 MB, a copy or two of each, times.
    assert peak < 0.5 * stored.nbytes


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("valid", ~PADDED, "padded at its end only"),
        ("split", np.full(30, "training"), "allowed are train, val and test"),
        ("split", np.full(3, "train"), "split has 3 trials, but valid has 30"),
        ("neuron_ids", np.zeros(8, int), "two neurons have the same id"),
        ("population", np.full(3, "E"), r"population: expected an array of shape \(8,\)"),
        ("observed", OBSERVED[1:], r"observed: expected an array of shape \(30, 8\)"),
        ("session_name", "day 2", "allow letters, digits and -"),
        ("events", {"stop": PULSES}, "events: the name 'stop' must match"),
        ("events", {"p": dataclasses.replace(PULSES, time_s=PULSES.time_s + 0.2)}, "inside its trial"),
        ("events", {"p": dataclasses.replace(PULSES, trial=PULSES.trial + 9)}, "between 0 and 29"),
    ],
)
def test_a_session_that_is_not_one(make_session: Any, field: str, value: Any, text: str) -> None:
    with pytest.raises(DatasetError, match=text):
        dataclasses.replace(make_session(), **{field: value})


def test_notes_hold_what_programs_need(dataset: Any) -> None:
    with h5py.File(dataset.folder.nwb_train) as file:
        notes = json.loads(file["general/notes"][()])
    assert notes["bin_s"] == 0.01
    assert notes["bins_per_trial"] == 40
    assert notes["dataset"] == dataset.session.dataset
