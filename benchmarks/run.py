"""Every figure, side by side, and the table in docs/performance.md.

Run as ``uv run python benchmarks/run.py [NAME ...]`` on a quiet machine, with names of scripts beside this
one, or without for all that have a function ``figures``. Each is measured in a process of its own, on one
thread. What was found is kept in measured/, with the machine, so a name that is measured again changes its
own lines only. A script whose peer is not installed is skipped, and said to be.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURED, PAGE = HERE / "measured", HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEADINGS = ("figure", "ctdspec", "compared with", "ratio", "goal")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_CHILD = "--child"


def names() -> list[str]:
    """Give the scripts that yield figures."""
    return sorted(path.stem for path in HERE.glob("*.py") if "def figures()" in path.read_text("utf-8"))


def measure(name: str) -> None:
    """Measure what a script yields in a fresh process, and keep it."""
    print(f"{name} …", flush=True)
    command = [sys.executable, str(Path(__file__).absolute()), _CHILD, name]
    done = subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        print(f"{name}: skipped, it ended with {done.returncode}", file=sys.stderr)
        return
    MEASURED.mkdir(exist_ok=True)
    (MEASURED / f"{name}.json").write_text(done.stdout, encoding="utf-8")
    print("\n".join(figure["row"] for figure in json.loads(done.stdout)["figures"]), flush=True)


def child(name: str) -> None:
    """Print the figures of one script as JSON; what else it prints goes to stderr."""
    real, sys.stdout = sys.stdout, sys.stderr
    before = os.getloadavg()[0]
    figures = [asdict(figure) | {"row": figure.row} for figure in importlib.import_module(name).figures()]
    about = {"on": date.today().isoformat(), "machine": _machine(), "load": [before, os.getloadavg()[0]]}
    real.write(json.dumps({"name": name, **about, "figures": figures}, indent=1, ensure_ascii=False) + "\n")


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    models = [line for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    model = models[0].split(":")[1].strip() if models else platform.processor()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("ctdspec", "numpy"))
    return f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}, {libraries}"


def table() -> str:
    """Give everything that was measured as one table for each machine and state of it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(MEASURED.glob("*.json")):
        one = json.loads(path.read_text("utf-8"))
        busy = "quiet" if max(one["load"]) <= 1.5 else f"busy: load {one['load'][0]:.0f}–{one['load'][1]:.0f}"
        found.setdefault(f"{one['machine']}; {busy}", []).append(one)
    lines = []
    for machine, some in sorted(found.items()):
        lines += ["", f"On {machine}:", "", f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
        lines += [figure["row"] for one in some for figure in one["figures"]]
    return "\n".join([*lines, ""])


def write_page() -> None:
    """Put the table between the markers of the page."""
    text = PAGE.read_text("utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main() -> None:
    """Measure, and write the page."""
    sys.path.insert(0, str(HERE))
    if sys.argv[1:2] == [_CHILD]:
        child(sys.argv[2])
        return
    known = names()
    if unknown := sorted(set(sys.argv[1:]) - set(known)):
        sys.exit(f"{', '.join(unknown)}: no such benchmark; there are {', '.join(known)}")
    for name in sys.argv[1:] or known:
        measure(name)
    write_page()


if __name__ == "__main__":
    main()
