"""What every bundle is: whole, described, the same every time, and never written over something else."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from ctdspec.bundles.bundle import write_bundle
from ctdspec.bundles.catalogue import FORMATS, format_named
from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Public
from ctdspec.engine.export import export
from ctdspec.errors import DatasetError, UsageError
from ctdspec.store.recording import Recording, SplitRecording

_SAYS = {"README.txt", "bundle.json", "SHA256SUMS"}


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_record_has_the_digest_of_every_file(bundles, dataset, name):
    for audience in ("public", "organiser"):
        content = files(bundles[name, audience])
        record = json.loads(content["bundle.json"])
        digests = {path: hashlib.sha256(data).hexdigest() for path, data in content.items()}
        assert {path: file["digest"] for path, file in record["files"].items()} == {
            path: digest for path, digest in digests.items() if path not in ("bundle.json", "SHA256SUMS")
        }
        sums = dict(reversed(line.split("  ", 1)) for line in content["SHA256SUMS"].decode().splitlines())
        assert sums == {path: digest for path, digest in digests.items() if path != "SHA256SUMS"}
        assert record["dataset"] == json.loads((dataset / "manifest.json").read_text())["dataset"]
        assert (record["format"], record["audience"]) == (name, audience)


def test_the_organisers_bundle_is_the_public_one_and_a_folder(bundles, name):
    public, organiser = files(bundles[name, "public"]), files(bundles[name, "organiser"])
    assert {path for path in organiser if not path.startswith("organiser/")} == set(public)
    assert any(path.startswith("organiser/") for path in organiser)
    assert {p: d for p, d in organiser.items() if p in set(public) - _SAYS} == {
        p: d for p, d in public.items() if p not in _SAYS
    }


def test_the_readme_names_what_is_there(bundles, dataset, name):
    folder = bundles[name, "organiser"]
    text = (folder / "README.txt").read_text()
    for path in folder.glob("*.*"):
        assert path.name in (*text.split(), "README.txt", "bundle.json"), path
    for path in (folder / "organiser").iterdir():
        assert path.name in text
    assert "organiser/" not in (bundles[name, "public"] / "README.txt").read_text()
    assert "held-out neurons" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_same_dataset_gives_the_same_bytes(bundles, dataset, name, tmp_path):
    assert files(export(dataset, name, tmp_path / "again", "organiser")) == files(bundles[name, "organiser"])


def test_an_old_bundle_is_replaced_and_nothing_else_is(tiny_lorenz, tmp_path):
    to = tmp_path / "bundle"
    to.mkdir()
    export(tiny_lorenz, "lfads", to, "organiser")
    export(tiny_lorenz, "npz", to)
    assert set(files(to)) == _SAYS | {"data.npz"}
    precious = tmp_path / "home/thesis.tex"
    precious.parent.mkdir()
    precious.write_text("draft")
    for path in (precious.parent, precious):
        with pytest.raises(UsageError, match="no bundle"):
            export(tiny_lorenz, "npz", path)
    assert precious.read_text() == "draft"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "home"]


class Failing(Format):
    name = "failing"
    public_files = organiser_files = ""

    def write(self, public, folder):
        (folder / "half").write_text("half")
        raise OSError("disk full")

    def write_hidden(self, public, hidden, folder):
        raise NotImplementedError


def public_of(signals: bool) -> Public:
    values, nothing = np.zeros((1, 4, 2), np.float32), np.zeros((1, 4, 0), np.float32)
    counts = None if signals else values.astype(np.uint16)
    split = SplitRecording(counts, nothing, np.ones((1, 4), bool), signals=values if signals else None)
    splits, held_out = dict.fromkeys(("train", "val", "test"), split), np.array([False, True])
    kind = "fluorescence" if signals else None
    recording = Recording("ab", 0.01, held_out, splits, np.arange(2), np.array(["all"] * 2), kind)
    return Public("x", "X", "", None, {}, recording)


def test_a_bundle_that_cannot_be_finished_leaves_the_old_one(tiny_lorenz, tmp_path):
    to = export(tiny_lorenz, "npz", tmp_path / "bundle")
    before = files(to)
    with pytest.raises(OSError, match="disk full"):
        write_bundle(to, Failing(), public_of(signals=False), None)
    assert files(to) == before


@pytest.mark.parametrize("name", ["nlb", "lfads"])
def test_signals_are_refused_where_only_spikes_make_sense(tmp_path, name):
    with pytest.raises(UsageError, match=f"the format {name} holds spikes"):
        write_bundle(tmp_path / "b", format_named(name), public_of(signals=True), None)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_said_before_anything_is_written(tiny_lorenz, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "temporaldata", None)
    with pytest.raises(UsageError, match=r"pip install 'ctdspec\[torch_brain\]'"):
        export(tiny_lorenz, "temporaldata", tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_wrong_names_are_told_with_the_right_ones(tiny_lorenz, tmp_path):
    with pytest.raises(UsageError, match="did you mean 'lfads'"):
        export(tiny_lorenz, "lfad", tmp_path / "b")
    with pytest.raises(UsageError, match="public or organiser"):
        export(tiny_lorenz, "npz", tmp_path / "b", "everyone")  # type: ignore[arg-type]
    assert set(FORMATS) == {"nwb", "nlb", "lfads", "npz", "zarr", "temporaldata", "submission-template"}


def test_the_organisers_bundle_needs_the_truth(tiny_lorenz, tmp_path):
    lab = export(tiny_lorenz, "nwb", tmp_path / "lab")
    (lab / "spec.yaml").write_bytes((tiny_lorenz / "spec.yaml").read_bytes())
    assert export(lab, "npz", tmp_path / "fine").is_dir()
    with pytest.raises(DatasetError, match="ground truth"):
        export(lab, "npz", tmp_path / "b", "organiser")
