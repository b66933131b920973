"""Time and memory of building `3bff_ctdb`: 1000 trials × 500 bins × 60 neurons, with NWB and truth.

Run as ``uv run python benchmarks/build_3bff_ctdb.py [--peer COMMAND]``. The build is timed inside a fresh
process, without its imports, as a peer's own simulate-and-save would be; the whole process is timed as well.
COMMAND is whatever a peer needs to make and save the same data; it prints its seconds as its last word. Both
alternate, so that a drift of the machine's speed meets both.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from figure import Figure

OURS = """
import sys, time
import h5py, pynwb, zarr, scipy.sparse  # what the build imports, so that its own seconds are the work
from ctdspec.engine.run import build
start = time.perf_counter()
build("3bff_ctdb", out=sys.argv[1])
print(time.perf_counter() - start)
"""


def measured(command: list[str]) -> tuple[float, float, float]:
    """Give the seconds that the command reports, its wall time, and its peak memory in GB."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        if status:
            sys.exit(f"{shlex.join(command)} failed")
        output.seek(0)
        return float(output.read().split()[-1]), wall_s, usage.ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", help="command that makes and saves the same data")
    options = parser.parse_args()

    results: dict[str, list[tuple[float, float, float]]] = {"ctdspec": [], "peer": []}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as out:
            results["ctdspec"].append(measured([sys.executable, "-c", OURS, out]))
            size = sum(path.stat().st_size for path in Path(out).rglob("*") if path.is_file())
        if options.peer:
            results["peer"].append(measured(shlex.split(options.peer)))

    print(f"on disk: {size / 1e6:.0f} MB")
    for name, runs in results.items():
        if runs:
            work, wall, memory = (statistics.median(column) for column in zip(*runs, strict=True))
            times = f"{work:5.2f} s of work, {wall:5.2f} s in all, {memory:.2f} GB"
            print(f"{name:8} {times} (median of {len(runs)})")
    if options.peer:
        ratios = [a[0] / b[0] for a, b in zip(results["ctdspec"], results["peer"], strict=True)]
        print(
            f"ratio of work: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}"
        )


def figures() -> Iterator[Figure]:
    """Yield time and memory of the build, without a peer, which is another program: see --peer."""
    with tempfile.TemporaryDirectory() as out:
        runs = [measured([sys.executable, "-c", OURS, f"{out}/{turn}"]) for turn in range(3)]
    work, _, memory = zip(*runs, strict=True)
    yield Figure("build 1000 trials × 500 bins × 60 neurons (`3bff_ctdb`), wall time", work, "s")
    yield Figure("the same: peak memory", memory, "GB")


if __name__ == "__main__":
    main()
