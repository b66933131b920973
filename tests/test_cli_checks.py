"""The verbs that judge what someone hands in: what they print, and with which exit code."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest


@pytest.fixture
def answer(tiny_3bff: Path, tmp_path: Path) -> Path:
    """An answer that a test may spoil."""
    return Path(shutil.copy(tiny_3bff / "methods/smoothing/submission.h5", tmp_path / "answer.h5"))


@pytest.mark.parametrize("verb", ["validate", "explain"])
def test_help_has_an_example(ctdspec, verb):
    code, out, _ = ctdspec(verb, "--help")
    assert code == 0
    assert f"Example: ctdspec {verb}" in out
    assert "--json" in out


def test_an_answer_goes_from_wrong_to_fine(ctdspec, answer, tiny_3bff, tmp_path):
    """As a participant does: the NWB pair alone, wrong units, told, mended."""
    pair = tmp_path / "pair"
    for path in tiny_3bff.glob("sub-*"):
        shutil.copytree(path, pair / path.name)
    with h5py.File(answer, "a") as file:
        for split in ("train", "val", "test"):
            file[f"{split}/rates_hz"][:] *= 0.01
    code, out, _ = ctdspec("validate", answer, "--against", pair, "--public")
    assert code == 1
    assert "error SUB-VAL-003  test/rates_hz" in out
    assert "not fine: 1 errors, 0 warnings" in out
    assert "divide spikes per bin by bin_s" in ctdspec("explain", "SUB-VAL-003")[1]
    with h5py.File(answer, "a") as file:
        for split in ("train", "val", "test"):
            file[f"{split}/rates_hz"][:] *= 100
    assert ctdspec("validate", answer, "--against", pair, "--public")[:2] == (
        0,
        "fine: 0 errors, 0 warnings\n",
    )


def test_findings_are_data(ctdspec, answer, tiny_3bff):
    with h5py.File(answer, "a") as file:
        file.attrs["method"] = "My Method"
    code, out, _ = ctdspec("validate", answer, "--against", tiny_3bff, "--json")
    assert code == 1
    said = json.loads(out)
    assert (said["ok"], said["profile"]) == (False, "submission")
    assert said["findings"] == [
        {
            "code": "SUB-STR-004", "severity": "error", "place": "attribute method", "found": "'My Method'",
            "expected": "a name of a-z, 0-9 and _, at most 64", "fix": "set it on the root of the file",
        }
    ]  # fmt: skip


def test_dangerous_files_have_a_code_of_their_own(ctdspec, answer, tiny_3bff, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["rates_hz"] = np.ones(3)
    with h5py.File(answer, "a") as file:
        del file["test/rates_hz"]
        file["test/rates_hz"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/rates_hz")
    code, out, _ = ctdspec("validate", answer, "--against", tiny_3bff)
    assert code == 3
    assert "error SUB-SAF-004  test/rates_hz" in out


def test_the_template_is_refused_until_it_is_filled_in(ctdspec, tiny_3bff, tmp_path):
    ctdspec("export", tiny_3bff, "--format", "submission-template", "--to", tmp_path / "template")
    template = next((tmp_path / "template").rglob("submission_template.h5"))
    code, out, _ = ctdspec("validate", template, "--against", tiny_3bff, "--json")
    assert code == 1
    assert {finding["code"] for finding in json.loads(out)["findings"]} == {"SUB-VAL-001"}


def test_datasets_are_judged_by_their_profile(ctdspec, tiny_3bff, tmp_path):
    dataset = Path(shutil.copytree(tiny_3bff, tmp_path / "tiny_3bff"))
    assert ctdspec("validate", dataset)[:2] == (0, "fine: 0 errors, 0 warnings\n")
    (dataset / "notes.txt").write_text("mine")
    code, out, _ = ctdspec("validate", dataset)
    assert code == 0
    assert "warning DAT-INT-002  notes.txt" in out
    code, out, _ = ctdspec("validate", dataset, "--profile", "release")
    assert code == 1
    for text in ("error DAT-INT-002", "error DAT-REL-001", "error DAT-REL-002"):
        assert text in out
    next(dataset.glob("sub-*/*test*")).write_bytes(b"nothing")
    code, out, _ = ctdspec("validate", dataset)
    assert code == 3, "what is no HDF5 file is not read any further"
    assert "error DAT-SAF-002" in out


def test_wrong_usage_says_what_to_do(ctdspec, answer, tiny_3bff):
    for arguments, says in (
        (("validate", answer), "--against"),
        (("validate", answer, "--against", tiny_3bff, "--profile", "release"), "judges a dataset"),
        (("explain",), "give one code, or --all"),
        (("explain", "SUB-VAL-3"), "did you mean"),
    ):
        code, _, err = ctdspec(*arguments)
        assert code == 2
        assert says in err


def test_explain_lists_all_codes(ctdspec):
    code, out, _ = ctdspec("explain", "--all")
    assert code == 0
    assert len(out.splitlines()) == len(set(out.splitlines())) > 50
    assert json.loads(ctdspec("explain", "--all", "--json")[1])["questions"][0]["code"] == "SUB-SAF-001"
