"""Sweeps and claims, end to end."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ctdspec import load, report, run
from ctdspec.claims.evidence import NotKnown
from ctdspec.engine.claims import read_evidence
from ctdspec.errors import DatasetError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest

SPEC = Path(__file__).parent / "tiny_sweep.yaml"


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep of four points. Read only."""
    return run(SPEC, tmp_path_factory.mktemp("sweep"))


def rows(path: Path) -> list[dict]:
    return json.loads(path.read_text())


def test_every_point_is_a_dataset_of_its_own(swept):
    points = sorted((swept / "points").iterdir())
    assert [path.name for path in points] == [
        f"mean_hz_{mean_hz}__seed_{seed}" for mean_hz in (10, 80) for seed in (0, 1)
    ]
    for path in points:
        at = DatasetFolder(path)
        assert all(each.exists() for each in (at.nwb_train, at.truth, at.scores_csv, at.claims, at.report))
        assert load(at.spec_yaml).sweep is None
    assert len({read_manifest(path / "manifest.json").dataset for path in points}) == 4


def test_a_point_that_is_run_by_itself_is_there_already(swept, tmp_path):
    shutil.copytree(swept, tmp_path / "tiny_sweep")
    point = tmp_path / "tiny_sweep/points/mean_hz_10__seed_1"
    before = (point / "manifest.json").read_bytes()
    shutil.copy(point / "spec.yaml", tmp_path / "point.yaml")
    assert run(tmp_path / "point.yaml", tmp_path) == point
    assert (point / "manifest.json").read_bytes() == before


def test_a_sweep_that_lost_a_point_goes_on_to_the_same_end(swept, tmp_path):
    folder = Path(shutil.copytree(swept, tmp_path / "tiny_sweep"))
    kept = (folder / "points/mean_hz_80__seed_0/manifest.json").read_bytes()
    shutil.rmtree(folder / "points/mean_hz_80__seed_1")
    run(SPEC, tmp_path)
    assert (folder / "points/mean_hz_80__seed_0/manifest.json").read_bytes() == kept
    for name in ("scores.csv", "scores.json", "over_seeds.json", "claims.json", "report/index.html"):
        assert (folder / name).read_bytes() == (swept / name).read_bytes(), name


def test_the_table_has_every_row_of_every_point(swept):
    table = rows(swept / "scores.json")
    for path in (swept / "points").iterdir():
        own = [row for row in table if row["point"] == path.name]
        values = {"observation.rates.mean_hz": int(path.name.split("_")[2]), "seed": int(path.name[-1])}
        assert own == [{"point": path.name, **values, **row} for row in rows(path / "scores.json")]
    with (swept / "scores.csv").open() as file:
        as_csv = list(csv.DictReader(file))
    assert [(row["point"], float(row["value"])) for row in as_csv] == [
        (row["point"], row["value"]) for row in table
    ]


def test_seeds_are_taken_together(swept):
    table = rows(swept / "scores.json")
    together = rows(swept / "over_seeds.json")
    assert len(together) == len(table) / 2
    for row in together:
        same = [
            each["value"]
            for each in table
            if all(each[key] == row[key] for key in ("observation.rates.mean_hz", "metric", "method"))
        ]
        assert row["n_seeds"] == len(same) == 2
        assert row["value"] == pytest.approx(np.mean(same))
        half = 12.7062 * abs(same[0] - same[1]) / 2
        assert row["seeds_high"] - row["value"] == pytest.approx(half, rel=1e-4, abs=1e-12)


def test_claims_are_judged_in_points_and_over_them(swept):
    [own] = rows(swept / "points/mean_hz_80__seed_0/claims.json")
    assert (own["verdict"], own["where"]) == ("holds", "")
    judged = {(claim["says"], claim["where"]): claim["verdict"] for claim in rows(swept / "claims.json")}
    assert judged["rate_r2 of smoothing is above that of chance", "every point"] == "holds"
    assert len(judged) == 1 + 2 + 1 + 2
    for mean_hz in (10, 80):
        where = f"observation.rates.mean_hz = {mean_hz}"
        assert (
            judged["co_bps of oracle is above that of chance in at least 100 % of the seeds", where]
            == "holds"
        )


def test_the_pages_show_claims_and_plots(swept):
    page = (swept / "report/index.html").read_text()
    assert "rate_r2 of smoothing rises with observation.rates.mean_hz" in page
    assert page.count('<img src="data:image/svg+xml') == 2
    assert "../points/mean_hz_10__seed_0/report/index.html" in page
    own = (swept / "points/mean_hz_10__seed_0/report/index.html").read_text()
    assert "rate_r2 of smoothing is above that of chance" in own
    before = (swept / "report/index.html").read_bytes()
    assert report(swept) == swept / "report/index.html"
    assert (swept / "report/index.html").read_bytes() == before


def test_resamples_are_those_of_the_intervals(swept):
    at = DatasetFolder(swept / "points/mean_hz_10__seed_0")
    evidence = read_evidence(at)
    for row in rows(at.scores_json):
        found = evidence.estimate(row["metric"], row["method"])
        assert (found.value, found.low, found.high) == (row["value"], row["low"], row["high"])
    with pytest.raises(NotKnown, match="lfads has no co_bps"):
        evidence.estimate("co_bps", "lfads")


def test_damaged_scores_are_said_to_be(swept, tmp_path):
    at = DatasetFolder(Path(shutil.copytree(swept / "points/mean_hz_10__seed_0", tmp_path / "point")))
    np.save(at.resamples, np.zeros((1, 2000)))
    with pytest.raises(DatasetError, match="found 1 rows"):
        read_evidence(at)
    at.resamples.write_bytes(b"nonsense")
    with pytest.raises(DatasetError, match="score the dataset again"):
        read_evidence(at)
