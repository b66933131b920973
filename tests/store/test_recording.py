from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ctdspec.errors import DatasetError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.recording import open_recording


def test_folder_and_pair_give_the_same(dataset: Any) -> None:
    folder = dataset.folder
    one, two = open_recording(folder.path), open_recording((folder.nwb_train, folder.nwb_test))
    np.testing.assert_array_equal(one.splits["val"].spikes, two.splits["val"].spikes)
    sub = open_recording(folder.nwb_train.parent)
    assert sub.dataset == one.dataset


def test_held_in_and_held_out_spikes(dataset: Any) -> None:
    recording = open_recording(dataset.folder.path)
    session = dataset.session
    assert recording.held_in_spikes("test").shape == (6, 40, 6)
    np.testing.assert_array_equal(
        recording.held_out_spikes("val"), dataset.counts[session.split == "val"][..., 6:]
    )


def test_nothing_but_the_nwb_files_is_read(dataset: Any, tmp_path: Path) -> None:
    shutil.copytree(dataset.folder.nwb_train.parent, tmp_path / "sub-x")
    assert open_recording(tmp_path).dataset == dataset.session.dataset


def test_files_of_two_datasets_do_not_mix(
    dataset: Any, tmp_path: Path, make_dataset: Any, make_session: Any
) -> None:
    other = make_dataset(tmp_path / "o", dataclasses.replace(make_session(), dataset="b7" * 32))
    with pytest.raises(DatasetError, match="take both files from one dataset"):
        open_recording((dataset.folder.nwb_train, other.folder.nwb_test))
    with pytest.raises(DatasetError, match="give them in this order"):
        open_recording((dataset.folder.nwb_test, dataset.folder.nwb_train))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _no_hdf5(path: Path) -> None:
    path.write_text("hello")


def _edit(change: Callable[[h5py.File], None]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return edit


def _renote(**changes: object) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        notes = json.loads(file["general/notes"][()])
        file["general/notes"][()] = json.dumps({**notes, **changes})

    return _edit(change)


def _external(file: h5py.File) -> None:
    del file["units/spike_times"]
    file["units/spike_times"] = h5py.ExternalLink("elsewhere.h5", "/x")


def _set(path: str, value: object) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        file[path][0] = value

    return _edit(change)


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        _truncate,
        _no_hdf5,
        _edit(lambda file: file.__delitem__("units/heldout")),
        _edit(lambda file: file.__delitem__("general/notes")),
        _edit(_external),
        _renote(bin_s=0.0),
        _renote(bin_s="0.01"),
        _renote(bins_per_trial=39),
        _renote(dataset=None),
        _set("units/spike_times_index", 10**6),
        _set("units/spike_times", 1e6),
        _set("units/spike_times", float("nan")),
        _set("intervals/trials/start_time", 0.5),
    ],
)
def test_damaged_and_foreign_files_are_refused(
    dataset: Any, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    train = Path(shutil.copy(dataset.folder.nwb_train, tmp_path / "train.nwb"))
    damage(train)
    with pytest.raises(DatasetError, match="expected an NWB file of a ctdspec dataset"):
        open_recording((train, dataset.folder.nwb_test))


def test_a_folder_without_files_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"found none; build the dataset first"):
        open_recording(tmp_path)
    for name in ("sub-a_ses-1_desc-train_ecephys.nwb", "sub-b_ses-1_desc-train_ecephys.nwb"):
        (tmp_path / name).touch()
    with pytest.raises(DatasetError, match=r"found sub-a.*sub-b.*one dataset in a folder"):
        _ = DatasetFolder(tmp_path).nwb_train


def test_conditions_follow_their_trials(tmp_path: Path, make_session: Any, make_dataset: Any) -> None:
    session = dataclasses.replace(make_session(), condition=np.arange(30) % 5)
    recording = open_recording(make_dataset(tmp_path / "x", session).folder.path)
    for split in ("train", "val", "test"):
        expected = np.flatnonzero(session.split == split) % 5
        np.testing.assert_array_equal(recording.splits[split].condition, expected)


def test_a_task_of_one_condition_has_no_numbers(dataset: Any) -> None:
    assert all(split.condition is None for split in open_recording(dataset.folder.path).splits.values())
