from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ctdspec.errors import DatasetError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.lock import Lock, compare, lock_from_manifest, read_lock, write_lock
from ctdspec.store.manifest import (
    Manifest,
    StepRecord,
    file_record,
    platform_kind,
    read_manifest,
    versions,
    write_manifest,
)
from ctdspec.store.truth import Variable, writing_truth
from ctdspec.store.verify import verify


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory, dataset: Any) -> Path:
    path = tmp_path_factory.mktemp("complete") / "3bff_small"
    shutil.copytree(dataset.folder.path, path)
    folder = DatasetFolder(path)
    folder.spec_yaml.write_text(dataset.session.spec_yaml)
    arrays = {"spikes": dataset.counts, "weights/w": np.linspace(0, 1, 50, dtype=np.float32)}
    variables = [
        Variable.like("spikes", ("trial", "time", "neuron"), arrays["spikes"]),
        Variable.like("weights/w", ("unit",), arrays["weights/w"]),
    ]
    with writing_truth(folder.truth, variables, 10) as writer:
        for name, array in arrays.items():
            writer.write(name, array)
        summaries = writer.summaries()
    names = ["spec.yaml", "truth.zarr", *dataset.digests]
    manifest = Manifest(
        name="3bff_small",
        spec="ab" * 32,
        seed=3,
        dataset="5a" * 32,
        versions=versions(),
        platform=platform_kind(),
        arrays=summaries,
        files={name: file_record(path / name) for name in names},
        steps={"build": StepRecord(key="k", outputs=names, seconds=1.5)},
    )
    write_manifest(folder.manifest, manifest)
    return path


@pytest.fixture
def folder(complete: Path, tmp_path: Path) -> DatasetFolder:
    return DatasetFolder(Path(shutil.copytree(complete, tmp_path / "copy")))


def test_a_whole_dataset_has_no_findings(complete: Path) -> None:
    folder = DatasetFolder(complete)
    assert verify(folder) == []
    manifest = read_manifest(folder.manifest)
    assert [f.level for f in verify(folder, lock_from_manifest(manifest))] == ["info"]


def test_digests_the_writer_gave_are_those_of_the_files(complete: Path, dataset: Any) -> None:
    manifest = read_manifest(DatasetFolder(complete).manifest)
    assert {name: manifest.files[name].digest for name in dataset.digests} == dataset.digests


def _flip(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 1
    path.write_bytes(bytes(content))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


NWB = "sub-3bff-small/sub-3bff-small_ses-seed3_desc-train_behavior+ecephys.nwb"
CHUNK = "truth.zarr/spikes/c/1/0/0"


@pytest.mark.parametrize(
    ("name", "damage", "level", "place", "text"),
    [
        (NWB, Path.unlink, "error", NWB, "is missing"),
        (NWB, _truncate, "error", NWB, "bytes, the manifest says"),
        (CHUNK, Path.unlink, "error", CHUNK, "is missing"),
        (CHUNK, _truncate, "error", "truth.zarr/spikes", "cannot be read"),
        (CHUNK, lambda path: _flip(path, 0.7), "error", "truth.zarr/spikes", ""),
        ("truth.zarr/weights/w/c/0", lambda p: _flip(p, 0.9), "error", "truth.zarr/weights/w", ""),
        ("truth.zarr/zarr.json", _truncate, "error", "truth.zarr", "expected the ground truth"),
        ("spec.yaml", lambda path: _flip(path, 0.5), "error", "spec.yaml", "digests differ"),
        ("manifest.json", Path.unlink, "error", "manifest.json", "found no file"),
        ("manifest.json", _truncate, "error", "manifest.json", "expected the manifest"),
        ("alien.txt", Path.touch, "warning", "alien.txt", "is no file of this dataset"),
        ("truth.zarr/spikes/alien", Path.touch, "warning", "truth.zarr/spikes/alien", "is no file"),
    ],
)
def test_damage_is_found(
    folder: DatasetFolder, name: str, damage: Callable[[Path], None], level: str, place: str, text: str
) -> None:
    damage(folder.path / name)
    found = verify(folder)
    assert any((f.level, f.place) == (level, place) and text in f.text for f in found), found


def test_a_flipped_value_in_the_nwb_is_found(folder: DatasetFolder) -> None:
    content = (folder.path / NWB).read_bytes()
    at = content.index(b"SIMULATED")
    (folder.path / NWB).write_bytes(content[:at] + b"s" + content[at + 1 :])
    assert [f.place for f in verify(folder)] == [NWB]


def test_what_people_keep_is_not_foreign(folder: DatasetFolder) -> None:
    for name in ("card.yaml", "lock.yaml", "weights.safetensors", "training.json"):
        (folder.path / name).touch()
    assert verify(folder) == []


def test_a_lock_survives_its_file(complete: Path, tmp_path: Path) -> None:
    lock = lock_from_manifest(read_manifest(complete / "manifest.json"))
    write_lock(tmp_path / "lock.yaml", lock)
    assert read_lock(tmp_path / "lock.yaml") == lock
    (tmp_path / "lock.yaml").write_text("spec: 3\n")
    with pytest.raises(DatasetError, match="expected the lock"):
        read_lock(tmp_path / "lock.yaml")


def _changed(lock: Lock, name: str, elsewhere: bool = True, **changes: Any) -> Lock:
    array = lock.arrays[name].model_copy(update={"digest": "0" * 64, **changes})
    place = {"blas": "another"} if elsewhere else lock.platform
    return lock.model_copy(update={"arrays": {**lock.arrays, name: array}, "platform": place})


def test_identical_equivalent_different(complete: Path) -> None:
    manifest = read_manifest(complete / "manifest.json")
    lock = lock_from_manifest(manifest)
    spikes, weights = lock.arrays["spikes"], lock.arrays["weights/w"]
    assert spikes.mean is not None
    assert spikes.sd is not None
    assert weights.mean is not None
    error = spikes.sd / np.sqrt(30)

    cases = {
        "identical": [lock],
        "equivalent": [
            _changed(lock, "spikes"),
            _changed(lock, "spikes", mean=spikes.mean + 2.9 * error),
            _changed(lock, "weights/w", mean=weights.mean + 1e-5),
        ],
        "different": [
            lock.model_copy(update={"spec": "0" * 64}),
            lock.model_copy(update={"arrays": {"spikes": spikes}}),
            _changed(lock, "spikes", elsewhere=False),
            _changed(lock, "spikes", mean=spikes.mean + 3.1 * error),
            _changed(lock, "spikes", sd=spikes.sd - 6 * error),
            _changed(lock, "spikes", shape=[31, 40, 8]),
            _changed(lock, "weights/w", mean=weights.mean + 0.01),
            _changed(lock, "weights/w", mean=None),
        ],
    }
    for verdict, locks in cases.items():
        assert [compare(manifest, other)[0] for other in locks] == [verdict] * len(locks)
    assert "blas" in compare(manifest, cases["equivalent"][0])[1]


def test_manifest_survives_its_file(complete: Path, tmp_path: Path) -> None:
    manifest = read_manifest(complete / "manifest.json")
    write_manifest(tmp_path / "m.json", manifest)
    assert read_manifest(tmp_path / "m.json") == manifest


def test_the_platform_does_not_depend_on_what_else_is_loaded():
    code = "from ctdspec.store.manifest import platform_kind; print(platform_kind())"
    plain, loaded = (
        subprocess.run([sys.executable, "-c", before + code], check=True, capture_output=True).stdout
        for before in ("", "import scipy.linalg; ")
    )
    assert plain == loaded
