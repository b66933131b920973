"""Importing the package, asking for help and reading a spec load no heavy library."""

import json
import subprocess
import sys

import pytest

HEAVY = [
    "torch",
    "lightning",
    "pynwb",
    "hdmf",
    "h5py",
    "zarr",
    "xarray",
    "pandas",
    "matplotlib",
    "sklearn",
    "scipy",
]


REPORT = """
import json, sys, time
print(json.dumps([[name for name in {} if name in sys.modules], time.process_time()]))
"""
HELP = """
import sys
from ctdspec.cli import main
sys.argv = ["ctdspec", "--help"]
try:
    main()
except SystemExit:
    pass
"""
LOAD = "import ctdspec; ctdspec.load('lorenz')"


def run(code: str) -> tuple[list[str], float]:
    """Run code in a fresh interpreter; give what of HEAVY it imported and its seconds of processor time."""
    command = [sys.executable, "-c", code + REPORT.format(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    heavy, seconds = json.loads(done.stdout.splitlines()[-1])
    return heavy, seconds


@pytest.mark.parametrize("code", ["import ctdspec", HELP, LOAD, "import ctdspec.spec.schema"])
def test_nothing_heavy_is_imported(code: str) -> None:
    assert run(code)[0] == []


@pytest.mark.parametrize("code", ["import ctdspec", HELP])
def test_start_is_quick(code: str) -> None:
    # Seconds of the processor, so that a busy machine does not fail it; the fastest of three.
    assert min(run(code)[1] for _ in range(3)) < 0.5


def test_unknown_names_are_refused() -> None:
    import ctdspec

    assert ctdspec.__version__
    assert "load" in dir(ctdspec)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        ctdspec.nonsense  # noqa: B018
