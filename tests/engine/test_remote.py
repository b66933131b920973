"""Datasets in object stores: whole or not at all, as they were, and plain words where one refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

import fsspec
import numpy as np
import pytest

import ctdspec as package
from ctdspec.engine.export import export
from ctdspec.engine.remote import pull, push
from ctdspec.errors import DatasetError, StorageError, UsageError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest
from ctdspec.store.recording import open_recording
from ctdspec.store.remote import RemoteFolder
from ctdspec.store.remote_dataset import CONTENTS
from ctdspec.store.truth import open_truth
from ctdspec.store.verify import verify

NUMBERS = count()
KEYS = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A local server that speaks S3, where one is installed (the group `clients`)."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty place, in memory or on the server."""
    place = f"bucket-{next(NUMBERS)}"
    if request.param == "s3":
        found = {**KEYS, "AWS_ENDPOINT_URL": request.getfixturevalue("endpoint")}
        for name, value in found.items():
            monkeypatch.setenv(name, value)
        fsspec.filesystem("s3").mkdir(place)
    return f"{request.param}://{place}"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_dataset_comes_back_as_it_was(store, tiny_lorenz, tmp_path):
    url = f"{store}/lorenz"
    assert push(tiny_lorenz, url) == url
    folder = pull(url, tmp_path)
    assert folder == tmp_path / "tiny_lorenz"
    assert files(folder) == files(tiny_lorenz)
    with pytest.raises(UsageError, match="is there already"):
        pull(url, tmp_path)


def test_it_is_read_from_where_it_is(store, tiny_lorenz):
    url = push(tiny_lorenz, f"{store}/lorenz")
    here, there = open_recording(tiny_lorenz), package.open(url)
    assert there.dataset == here.dataset
    assert all((there.splits[name].spikes == here.splits[name].spikes).all() for name in here.splits)
    truth = open_truth(f"{url}/truth.zarr")
    expected = open_truth(tiny_lorenz / "truth.zarr")
    np.testing.assert_array_equal(truth["latents"][60:70].values, expected["latents"][60:70].values)
    assert truth.attrs == expected.attrs


def test_a_chunk_that_is_missing_is_not_read_as_nothing(store, tiny_lorenz):
    url = push(tiny_lorenz, f"{store}/lorenz")
    fs, path = fsspec.core.url_to_fs(url)
    fs.rm_file(f"{path}/truth.zarr/latents/c/1/0/0")
    with pytest.raises(DatasetError, match="1 chunks are missing"):
        open_truth(f"{url}/truth.zarr")


def test_what_is_half_there_is_not_taken_for_whole(store, tiny_lorenz, tmp_path):
    url = push(tiny_lorenz, f"{store}/lorenz")
    fs, path = fsspec.core.url_to_fs(url)

    def breaks_off(items: Iterable, doing: str, total: int) -> Iterator:
        for item in items:
            yield item
            if doing == "writing":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(tiny_lorenz, url, breaks_off)
    with pytest.raises(DatasetError, match=f"expected the file {CONTENTS}"):
        pull(url, tmp_path)
    push(tiny_lorenz, url)
    assert verify(DatasetFolder(pull(url, tmp_path))) == []
    assert not fs.exists(f"{path}/.ctdspec-incomplete")


def test_what_is_damaged_on_its_way_is_refused(store, tiny_lorenz, tmp_path):
    url = push(tiny_lorenz, f"{store}/lorenz")
    fs, path = fsspec.core.url_to_fs(url)
    scores = fs.cat_file(f"{path}/scores.csv")
    fs.pipe_file(f"{path}/scores.csv", scores.replace(b"0", b"1", 1))
    with pytest.raises(DatasetError, match=r"scores\.csv: its content is not what was written"):
        pull(url, tmp_path)
    assert not (tmp_path / "tiny_lorenz").exists()


def test_what_is_damaged_here_is_not_pushed(tiny_lorenz, tmp_path):
    folder = Path(shutil.copytree(tiny_lorenz, tmp_path / "d"))
    (folder / "scores.csv").unlink()
    with pytest.raises(DatasetError, match=r"scores\.csv: is missing"):
        push(folder, "memory://bucket/damaged")
    with pytest.raises(DatasetError, match="expected a dataset"):
        push(tmp_path / "nothing", "memory://bucket/damaged")


def test_what_others_have_stored_there_stays(store, tiny_lorenz):
    fs, path = fsspec.core.url_to_fs(f"{store}/theirs")
    fs.pipe_file(f"{path}/thesis.txt", b"ten years")
    with pytest.raises(UsageError, match=r"found thesis.txt, .* left all as it is"):
        push(tiny_lorenz, f"{store}/theirs")
    assert fs.cat_file(f"{path}/thesis.txt") == b"ten years"


def test_sessions_go_together_and_each_can_be_read(tiny_sessions, tmp_path):
    url = push(tiny_sessions, "memory://bucket/sessions")
    with pytest.raises(DatasetError, match=f"as in {url}/ses-day_"):
        open_recording(url)
    assert open_recording(f"{url}/ses-day_2").dataset == open_recording(tiny_sessions / "ses-day_2").dataset
    folder = pull(url, tmp_path)
    names = [path.parent.name for path in sorted(folder.glob("*/manifest.json"))]
    assert names == [path.parent.name for path in sorted(tiny_sessions.glob("*/manifest.json"))]


def test_a_bundle_is_exported_to_a_url(store, tiny_lorenz):
    url = f"{store}/bundle"
    for format in ("npz", "lfads"):  # the second replaces the first
        assert export(tiny_lorenz, format, url) == url
        fs, path = fsspec.core.url_to_fs(url)
        about = json.loads(fs.cat_file(f"{path}/bundle.json"))
        assert about["format"] == format
        there = {name.removeprefix(path).lstrip("/") for name in fs.find(path)}
        assert there == {*about["files"], "bundle.json", "SHA256SUMS"}


def test_mistakes_are_told(tmp_path):
    with pytest.raises(UsageError, match="Protocol not known: ftpx"):
        pull("ftpx://bucket/lorenz", tmp_path)
    with pytest.raises(DatasetError, match=r"expected the file contents\.json"):
        pull("memory://nowhere/lorenz", tmp_path)
    outside = RemoteFolder("memory://evil", fsspec.filesystem("memory"), "/evil")
    outside.fs.pipe_file("/evil/contents.json", json.dumps(["../../x"]).encode())
    with pytest.raises(DatasetError, match="which is not in it"):
        pull("memory://evil", tmp_path)
    fsspec.register_implementation("s3x", "no_such_package.S3", errtxt="Install it", clobber=True)
    with pytest.raises(UsageError, match=r"a package is missing \(Install it\)"):
        pull("s3x://bucket", tmp_path)


def test_a_bucket_that_is_not_there_is_told(tiny_lorenz, tmp_path, store):
    if store.startswith("memory"):
        pytest.skip("memory has no buckets")
    with pytest.raises(StorageError, match="no such bucket"):
        push(tiny_lorenz, "s3://nowhere/lorenz")


def test_the_verbs_push_and_pull(ctdspec, tiny_lorenz, tmp_path):
    code, out, _ = ctdspec("push", "tiny_lorenz", "memory://b/verbs", "--out", tiny_lorenz.parent)
    assert (code, out.split()) == (0, ["url", "memory://b/verbs"])
    code, out, _ = ctdspec("pull", "memory://b/verbs", "--out", tmp_path, "--json")
    assert (code, json.loads(out)) == (0, {"dataset": str(tmp_path / "tiny_lorenz")})
    assert read_manifest(tmp_path / "tiny_lorenz/manifest.json").name == "tiny_lorenz"
    code, _, err = ctdspec("pull", "memory://b/nothing", "--out", tmp_path)
    assert (code, "contents.json" in err) == (3, True)
