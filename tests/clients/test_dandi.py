"""DANDI's own code, offline, accepts every file: metadata, names, validation."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from ctdspec.engine.export import export

pytest.importorskip("dandi", reason="dandi is in the dependency group clients")


@pytest.fixture(scope="module", params=["tiny_lorenz", "tiny_3bff", "tiny_session", "tiny_calcium"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public NWB bundle: what would be uploaded."""
    dataset = request.getfixturevalue(request.param)
    return export(dataset, "nwb", tmp_path_factory.mktemp("dandi") / dataset.name)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANDI_NO_ET", "1")
    monkeypatch.setenv("DANDI_CACHE", "ignore")


@pytest.mark.parametrize("part", ["train", "test"])
def test_every_file_becomes_an_asset(bundle, part):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dandi.metadata.nwb import nwb2asset
        from dandi.misctypes import Digest, DigestType

        (path,) = bundle.glob(f"sub-*/*_desc-{part}_*.nwb")
        asset = nwb2asset(path, digest=Digest(algorithm=DigestType.dandi_etag, value="0" * 32 + "-1"))
    (subject,) = asset.wasAttributedTo
    assert f"sub-{subject.identifier}_" in path.name
    assert {measured.value for measured in asset.variableMeasured} & {"Units", "PlaneSegmentation"}
    assert asset.encodingFormat == "application/x-nwb"


@pytest.mark.parametrize("part", ["train", "test"])
def test_its_organisation_asks_for_no_other_name(bundle, part):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dandi.organize import validate_organized_path

        (path,) = bundle.glob(f"sub-*/*_desc-{part}_*.nwb")
        assert validate_organized_path(path.relative_to(bundle).as_posix(), str(path), str(bundle)) == []
