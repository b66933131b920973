"""Data models that fail beside others that do not."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from ctdspec.benchmark import load
from ctdspec.cli import main
from ctdspec.engine.fit import answered
from ctdspec.engine.run import fit
from ctdspec.engine.verify import verify
from ctdspec.errors import MethodError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "docs/examples/own_method.py"
BROKEN = "import sys; sys.exit('the card is on fire')"


@pytest.fixture
def out(tiny_lorenz: Path, tmp_path: Path) -> Path:
    """A folder in which the data are there already."""
    shutil.copytree(tiny_lorenz, tmp_path / "out/tiny_lorenz")
    shutil.copyfile(EXAMPLE, tmp_path / "good.py")
    (tmp_path / "bad.py").write_text(BROKEN)
    return tmp_path / "out"


@pytest.fixture
def spec(out: Path) -> Path:
    """The same benchmark with two programs: one fails, and the one after it does not."""
    programs = [
        f"  - {{name: {name}, kind: external, files: [{out.parent}/{name}.py], command:"
        f" [{sys.executable}, {name}.py, '{{data}}', '{{submission}}']}}\n"
        for name in ("bad", "good")
    ]
    text = (HERE / "tiny_lorenz.yaml").read_text()
    path = out.parent / "spec.yaml"
    path.write_text(text.replace("metrics:", "".join(programs) + "metrics:"))
    return path


def test_the_others_are_fitted_and_the_failure_is_recorded(spec, out):
    with pytest.raises(MethodError, match=r"data model bad: the program ended with exit status 1") as caught:
        fit(spec, out)
    assert str(caught.value).endswith("  the card is on fire")
    folder, benchmark = DatasetFolder(out / "tiny_lorenz"), load(spec)
    assert answered(benchmark, folder) == ["smoothing", "good"]
    failure = json.loads(folder.failure("bad").read_text())
    assert (failure["method"], "the card is on fire" in failure["why"]) == ("bad", True)
    assert read_manifest(folder.manifest).steps["method bad"].failure == failure["why"]
    assert (folder.path / "methods/bad/log.txt").read_text().strip() == "the card is on fire"
    assert not folder.submission("bad").exists()
    assert verify(folder.path) == [], "what failed is part of the dataset, too"


def test_what_failed_is_tried_again_and_what_did_not_is_not(spec, out):
    folder = DatasetFolder(out / "tiny_lorenz")
    with pytest.raises(MethodError):
        fit(spec, out)
    written = folder.submission("good").stat().st_mtime_ns
    shutil.copyfile(EXAMPLE, out.parent / "bad.py")
    fit(spec, out)
    assert not read_manifest(folder.manifest).steps["method bad"].failure
    assert folder.submission("good").stat().st_mtime_ns == written
    assert folder.submission("bad").exists()
    assert not folder.failure("bad").exists()
    assert verify(folder.path) == []


def test_a_program_that_breaks_leaves_no_answer_of_better_days(spec, out):
    folder = DatasetFolder(out / "tiny_lorenz")
    shutil.copyfile(EXAMPLE, out.parent / "bad.py")
    fit(spec, out)
    (out.parent / "bad.py").write_text(BROKEN)
    with pytest.raises(MethodError):
        fit(spec, out)
    assert not folder.submission("bad").exists()
    assert read_manifest(folder.manifest).steps["method bad"].failure


def test_the_command_says_which_failed_and_exits_with_3(spec, out, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ctdspec", "fit", str(spec), "--out", str(out), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = json.loads(capsys.readouterr().out)
    assert (ended.value.code, said["exit_code"]) == (3, 3)
    assert "data model bad" in said["error"]
    assert "Traceback" not in said["error"]


def test_a_run_goes_on_without_the_one_that_failed_and_says_so_at_the_end(spec, out, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ctdspec", "run", str(spec), "--out", str(out)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 3
    told = capsys.readouterr()
    assert "data model bad: the program ended with exit status 1" in told.err
    assert "good" in told.out, "the table of the others"
    scored = {row["method"] for row in json.loads((out / "tiny_lorenz/scores.json").read_text())}
    assert {"good", "smoothing"} < scored
    assert "bad" not in scored
    page = (out / "tiny_lorenz/report/index.html").read_text()
    assert "it failed: the program ended with exit status 1" in page
    assert "the card is on fire" in page
    assert verify(out / "tiny_lorenz") == []
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--json"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 3
    assert "the card is on fire" in json.loads(capsys.readouterr().out)["failed"]
