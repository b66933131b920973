"""The verb `import`: what it asks, what it writes, and its exit codes."""

import json
import shutil
from pathlib import Path

import h5py
import pytest

from ctdspec.engine.export import export
from ctdspec.engine.score import score


@pytest.fixture
def lfads(tiny_lorenz: Path, tmp_path: Path) -> Path:
    """A perfect LFADS whose factors are its input."""
    bundle = export(tiny_lorenz, "lfads", tmp_path / "bundle", "organiser")
    path, perfect = tmp_path / "out.h5", bundle / "organiser/lfads_with_truth.h5"
    shutil.copyfile(bundle / "lfads.h5", path)
    with h5py.File(perfect) as told, h5py.File(path, "a") as file:
        for split in ("train", "valid", "test"):
            file[f"{split}_output_params"] = told[f"{split}_truth"][...] / told["conversion_factor"][()]
            file[f"{split}_factors"] = told[f"{split}_encod_data"][...]
    return path


def test_an_imported_answer_is_scored_like_any_other(ctdspec, lfads, tiny_lorenz, tmp_path):
    to = tmp_path / "s.h5"
    against = ("--from", "lfads", "--against", tiny_lorenz, "--to", to)
    code, out, _ = ctdspec("import", lfads, *against, "--states", "factors", "--method", "mine")
    assert (code, out) == (0, f"submission  {to}  (track S; train, val, test)\n")
    rows = {row.metric: row for row in score(to, tiny_lorenz)}
    assert rows["rate_r2"].value == pytest.approx(1, abs=1e-5)
    assert {row.method for row in rows.values()} == {"mine"}
    code, out, _ = ctdspec("import", lfads, *against, "--states", "none", "--json")
    assert (code, json.loads(out)["track"]) == (0, "R")


def test_mistakes_are_told_with_their_codes(ctdspec, lfads, tiny_lorenz, tmp_path):
    rest = ("--against", tiny_lorenz, "--to", tmp_path / "s.h5")
    code, _, err = ctdspec("import", lfads, "--from", "lfads", *rest)
    assert (code, "the file has factors; name one of its arrays, or say none" in err) == (2, True)
    code, _, err = ctdspec("import", lfads, "--from", "nlb", *rest)
    assert (code, "eval_rates_heldin: found no such array" in err) == (3, True)
    code, _, err = ctdspec("import", tmp_path / "none.h5", "--from", "lfads", *rest)
    assert (code, "no such file" in err) == (3, True)
    assert not (tmp_path / "s.h5").exists()


def test_help_has_an_example(ctdspec):
    code, out, _ = ctdspec("import", "--help")
    assert (code, "Example: ctdspec import" in out, "--json" in out) == (0, True, True)
