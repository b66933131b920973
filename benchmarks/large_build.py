"""Building 10⁵ trials × 500 bins × 100 neurons: time, memory and disk, and the exponents against trials.

Run as ``uv run python benchmarks/large_build.py [TRIALS ...]``, by hand: the largest takes half an hour of
one core, and 20 GB of disk in the folder for temporary files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import scaling

SIZES = (12_500, 25_000, 50_000, 100_000)
BASE = {"neurons": 100, "latents": 16, "bins": 500}


def built(trials: int) -> tuple[float, float, float]:
    """Give the processor seconds, the peak in MB and the GB on disk."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "spec.yaml").write_text(scaling.spec(trials=trials, **BASE))
        command = [sys.executable, scaling.__file__, "build", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        disk = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    seconds, mb = json.loads(done.stdout)
    return seconds, mb, disk / 1e9


def main() -> None:
    sizes = sorted(map(int, sys.argv[1:])) or SIZES
    found = []
    for trials in sizes:
        seconds, mb, gb = built(trials)
        found.append((seconds, mb))
        print(f"{trials:7} trials: {seconds:7.1f} s, at most {mb:5.0f} MB, {gb:.2f} GB on disk", flush=True)
    if len(sizes) > 2:
        seconds = np.array(found)[:, 0]
        slope, error = scaling.exponent(np.array(sizes, float), seconds)
        print(f"exponent of time {slope:.3f}, standard error {error:.3f}; goal 1 ± 0.05")


if __name__ == "__main__":
    main()
