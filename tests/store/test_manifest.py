import json
from pathlib import Path

import pytest

from ctdspec.errors import DatasetError
from ctdspec.store.manifest import FileRecord, Manifest, StepRecord, read_manifest, write_manifest

RECORD = FileRecord(bytes=3, digest="0" * 64)


def test_a_manifest_reads_back(tmp_path: Path) -> None:
    step = StepRecord(key="k", outputs=["a/b.nwb"], seconds=1.5)
    manifest = Manifest(name="x", spec="s", seed=1, files={"a/b.nwb": RECORD}, steps={"nwb": step})
    write_manifest(tmp_path / "manifest.json", manifest)
    assert read_manifest(tmp_path / "manifest.json") == manifest


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a\\..\\x"])
@pytest.mark.parametrize("place", ["files", "steps"])
def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path: Path, path: str, place: str) -> None:
    entry = RECORD.model_dump() if place == "files" else {"key": "k", "outputs": [path], "seconds": 0.0}
    document = {"name": "x", "spec": "s", "seed": 1, place: {path if place == "files" else "step": entry}}
    (tmp_path / "manifest.json").write_text(json.dumps(document))
    with pytest.raises(DatasetError, match="leads out of the dataset's folder"):
        read_manifest(tmp_path / "manifest.json")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"name": 3}'])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DatasetError, match="expected the manifest of a dataset"):
        read_manifest(tmp_path / "manifest.json")
