"""Datasets that someone else made, and meant no good by: refused with a code, before anything is read."""

import json
import os
import shutil
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from numcodecs import Blosc

import ctdspec
from ctdspec.store.plain import MAX_JSON_BYTES


@pytest.fixture
def dataset(tiny_lorenz: Path, tmp_path: Path) -> Path:
    """A dataset that a test may spoil."""
    return Path(shutil.copytree(tiny_lorenz, tmp_path / "tiny_lorenz"))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the machine that was not sent."""
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["a"] = np.arange(1000.0)
    return tmp_path / "secret.h5"


def nwb(dataset: Path) -> Path:
    return next(dataset.glob("sub-*/*test*.nwb"))


def link(dataset: Path, secret: Path) -> None:
    nwb(dataset).unlink()
    nwb_path = dataset / "sub-tiny-lorenz" / "x_desc-test_ecephys.nwb"
    nwb_path.symlink_to(secret)


def linked_chunk(dataset: Path, secret: Path) -> None:
    chunk = next(path for path in (dataset / "truth.zarr/rates_hz/c").rglob("*") if path.is_file())
    chunk.unlink()
    chunk.symlink_to(secret)


def linked_folder(dataset: Path, secret: Path) -> None:
    (dataset / "more").symlink_to(secret.parent)


def pipe(dataset: Path, secret: Path) -> None:
    (dataset / "spec.yaml").unlink()
    os.mkfifo(dataset / "spec.yaml")


def external_link(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        file["acquisition/more"] = h5py.ExternalLink(str(secret), "/a")


def soft_loop(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        file["acquisition/loop"] = h5py.SoftLink("/acquisition")


def soft_links(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        for number in range(30):
            group = file.create_group(f"acquisition/g{number}")
            for name in "ab":
                group[name] = h5py.SoftLink(f"/acquisition/g{number + 1}")


def cycle(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        file["acquisition/loop"] = file["acquisition"]


def external_storage(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        file.create_dataset("acquisition/more", (100,), "u1", external=[(str(secret), 0, 100)])


def virtual(dataset: Path, secret: Path) -> None:
    layout = h5py.VirtualLayout((1000,), "f8")
    layout[:] = h5py.VirtualSource(str(secret), "a", (1000,))
    with h5py.File(nwb(dataset), "a") as file:
        file.create_virtual_dataset("acquisition/more", layout)


def petabytes(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        file.create_dataset("acquisition/more", (2**40, 2**10), "f4", chunks=(1, 1024))


def giant_chunk(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        file.create_dataset("acquisition/more", (1,), "f8", chunks=(2**28,), maxshape=(None,))


def deep(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        file.create_group("acquisition/" + "/".join("a" * 50))


def wide(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        for number in range(10_001):
            file["acquisition"].create_group(f"g{number}")


def giant_attribute(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a", libver="latest") as file:
        file.create_group("acquisition/more").attrs["more"] = np.zeros(1 << 22, np.uint8)


def truncated(dataset: Path, secret: Path) -> None:
    path = nwb(dataset)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def large_manifest(dataset: Path, secret: Path) -> None:
    with (dataset / "manifest.json").open("ab") as file:
        file.write(b" " * MAX_JSON_BYTES)


def _zarr(dataset: Path, **changes: object) -> None:
    path = dataset / "truth.zarr/latents/zarr.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def zarr_petabytes(dataset: Path, secret: Path) -> None:
    _zarr(dataset, shape=[2**40, 2**20, 3])


def zarr_bomb(dataset: Path, secret: Path) -> None:
    path = next(path for path in (dataset / "truth.zarr/latents/c").rglob("*") if path.is_file())
    path.write_bytes(Blosc().encode(np.zeros(1 << 28, np.uint8)))


def zarr_lie(dataset: Path, secret: Path) -> None:
    path = next(path for path in (dataset / "truth.zarr/latents/c").rglob("*") if path.is_file())
    packed = bytearray(path.read_bytes())
    packed[4:8] = (1 << 31).to_bytes(4, "little")
    path.write_bytes(packed)


def zarr_cut_off(dataset: Path, secret: Path) -> None:
    path = next(path for path in (dataset / "truth.zarr/latents/c").rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes()[:-5])


def hdf5_bomb(dataset: Path, secret: Path) -> None:
    with h5py.File(nwb(dataset), "a") as file:
        more = file.create_dataset("acquisition/more", (1024,), "f8", chunks=(1024,), compression="gzip")
        more.id.write_direct_chunk((0,), zlib.compress(bytes(1 << 28)))


def zarr_codec(dataset: Path, secret: Path) -> None:
    _zarr(dataset, codecs=[{"name": "pickle", "configuration": {}}])


def zarr_nonsense(dataset: Path, secret: Path) -> None:
    (dataset / "truth.zarr/latents/zarr.json").write_text("[" * 50_000)


def zarr_consolidated(dataset: Path, secret: Path) -> None:
    path = dataset / "truth.zarr/zarr.json"
    lies = {"consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": {}}}
    path.write_text(json.dumps(json.loads(path.read_text()) | lies))


def zarr_2(dataset: Path, secret: Path) -> None:
    about = {"zarr_format": 2, "shape": [3], "chunks": [3], "dtype": "|O", "filters": [{"id": "pickle"}]}
    (dataset / "truth.zarr/latents/.zarray").write_text(json.dumps(about))


def zarr_wrong_types(dataset: Path, secret: Path) -> None:
    _zarr(dataset, shape="many")


ATTACKS = {
    link: "DAT-SAF-001",
    linked_chunk: "DAT-SAF-001",
    linked_folder: "DAT-SAF-001",
    pipe: "DAT-SAF-001",
    external_link: "DAT-SAF-002",
    soft_loop: "DAT-SAF-002",
    soft_links: "DAT-SAF-002",
    cycle: "DAT-SAF-002",
    external_storage: "DAT-SAF-002",
    virtual: "DAT-SAF-002",
    petabytes: "DAT-SAF-002",
    giant_chunk: "DAT-SAF-002",
    deep: "DAT-SAF-002",
    wide: "DAT-SAF-002",
    giant_attribute: "DAT-SAF-002",
    truncated: "DAT-SAF-002",
    large_manifest: "DAT-SAF-003",
    zarr_petabytes: "DAT-SAF-004",
    zarr_codec: "DAT-SAF-004",
    zarr_nonsense: "DAT-SAF-004",
    hdf5_bomb: "DAT-SAF-002",
    zarr_bomb: "DAT-SAF-004",
    zarr_lie: "DAT-SAF-004",
    zarr_cut_off: "DAT-SAF-004",
    zarr_wrong_types: "DAT-SAF-004",
    zarr_consolidated: "DAT-SAF-004",
    zarr_2: "DAT-SAF-004",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_has_a_code(attack: Callable[[Path, Path], None], dataset: Path, secret: Path) -> None:
    attack(dataset, secret)
    start = time.process_time()
    verdict = ctdspec.validate(dataset)
    assert time.process_time() - start < 30, "it all but hangs"
    assert ATTACKS[attack] in {finding.problem.code for finding in verdict.findings}
    assert (verdict.ok, verdict.exit_code) == (False, 3)


WRONG_MANIFESTS = (
    b"",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'{"format": 1, "name": 3}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
)


@pytest.mark.parametrize("content", WRONG_MANIFESTS, ids=range(len(WRONG_MANIFESTS)))
def test_what_is_no_manifest_is_told(ctdspec: Callable[..., tuple], dataset: Path, content: bytes) -> None:
    (dataset / "manifest.json").write_bytes(content)
    code, _, err = ctdspec("validate", dataset)
    assert code == 3
    assert "expected the manifest of a dataset" in err


def test_a_manifest_cannot_lead_out_of_its_folder(ctdspec: Callable[..., tuple], dataset: Path) -> None:
    manifest = json.loads((dataset / "manifest.json").read_text())
    manifest["files"]["../secret.h5"] = {"bytes": 1, "digest": "0" * 64}
    (dataset / "manifest.json").write_text(json.dumps(manifest))
    code, _, err = ctdspec("validate", dataset)
    assert (code, "leads out of the dataset's folder" in err) == (3, True)


def test_honest_datasets_are_read(tiny_lorenz: Path, tiny_3bff: Path, tiny_calcium: Path) -> None:
    for folder in (tiny_lorenz, tiny_3bff, tiny_calcium):
        assert ctdspec.validate(folder).exit_code == 0
