"""Promises about the repository as a whole."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ctdspec

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent


def test_imports_point_down():
    done = subprocess.run([SCRIPTS / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("folder", ["specs", "datasets", "validators"])
def test_declarative_folders_hold_no_code_and_cannot_be_imported(folder, tmp_path):
    assert not list((ROOT / folder).rglob("*.py"))
    command = f"import ctdspec, importlib.util; print(importlib.util.find_spec({folder!r}))"
    done = subprocess.run([sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "None", done.stderr


def test_public_names_are_these():
    assert dir(ctdspec) == [
        "__version__", "build", "export", "fit", "leaderboard", "load", "open", "report", "run", "score",
        "train", "validate", "verify",
    ]  # fmt: skip
    for name in dir(ctdspec):
        assert getattr(ctdspec, name) is not None
    assert callable(ctdspec.report), "no subpackage may take the name of a verb"


def test_no_home_made_drawers_and_no_pickle():
    for path in (ROOT / "ctdspec").rglob("*.py"):
        assert path.name not in ("utils.py", "helpers.py", "misc.py"), path
        text = path.read_text()
        assert not re.search(r"^\s*(import|from) (pickle|dill|joblib)\b", text, re.M), path
        assert not re.search(r"\bhasattr\(", text), f"{path}: hasattr is no protocol"


def test_files_stay_readable():
    for path in (ROOT / "ctdspec").rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 400, f"{path} has grown past one noun"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_is_shipped_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / "specs").rglob("*.yaml")}
    shipped |= {
        f"datasets/3bff/{name}" for name in ("weights.safetensors", "training.json", "card.yaml", "lock.yaml")
    }
    assert {f"ctdspec/_bundled/{name}" for name in shipped} <= names
    strays = [name for name in names if not name.startswith(("ctdspec/", "ctdspec-"))]
    assert strays == []
    generated = r"\.nwb$|\.zarr/|manifest\.json$|submission\.h5$|datasets/[^/]+/spec\.yaml$"
    assert not [name for name in names if re.search(generated, name)]


def test_the_wheel_works_without_the_checkout(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    command = "import ctdspec, ctdspec.cli; print(ctdspec.__file__); ctdspec.cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "show", "3bff"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "site"))
    assert "noisy_gru" in done.stdout


def test_the_readme_says_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    assert "pip install uv && uv run ctdspec run 3bff" in readme
    assert re.search(r"^\$ uv run pytest\b", readme, re.M)
    assert "uv run pytest" in (ROOT / ".ci/run").read_text(), "the gate runs what the README says"
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", readme):
        assert (ROOT / link).exists(), f"README.md links to {link}"


def test_the_readme_example_in_python_runs(tiny_lorenz, tmp_path, monkeypatch):
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert '"3bff"' in block
    shutil.copytree(tiny_lorenz, tmp_path / "datasets/tiny_lorenz")  # done already, so nothing is run again
    monkeypatch.chdir(tmp_path)
    spec = ROOT / "tests/engine/tiny_lorenz.yaml"
    names: dict = {}
    exec(block.replace('"3bff"', repr(str(spec))), names)  # the README is ours
    assert names["recording"].held_in_spikes("train").shape == (130, 60, 12)
    assert names["truth"].latents.dims == ("trial", "time", "latent")


def test_no_lock_with_hosts_and_no_machine_path_is_committed():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert tracked
    assert "uv.lock" not in tracked
    machine_path = re.compile(r"(?<![\w.])/(home|root|work|Users)/\w")
    for path in (ROOT / name for name in tracked):
        if path.suffix in {".toml", ".yaml", ".py", ".md", ".json", ".j2"} and path.is_file():
            assert not machine_path.search(path.read_text(errors="replace")), path
