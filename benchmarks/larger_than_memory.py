"""Datasets of 500 bins × 100 neurons and more and more trials: time, memory and disk of every stage.

Run as ``uv run python benchmarks/larger_than_memory.py STAGE [TRIALS ...]``, by hand, for everything up to
STAGE: build, fit or score. 10⁵ trials take 20 GB of disk to build, and four times as much in the folder for
temporary files to fit. The memory is a process's own, without pages of files.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import scaling

SIZES = (5000, 10_000, 20_000)
BASE = {"neurons": 100, "latents": 16, "bins": 500}


def measured(trials: int, stages: tuple[str, ...]) -> list[float]:
    """Print what the stages of one size take, and give their processor seconds."""
    seconds = []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "spec.yaml").write_text(scaling.spec(trials=trials, **BASE))
        for stage in stages:
            took_s, mb = scaling.done(stage, place)
            disk = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) / 1e9
            print(
                f"{trials:7} trials, {stage}: {took_s:7.1f} s, {mb:5.0f} MB, disk {disk:.2f} GB", flush=True
            )
            seconds.append(took_s)
    return seconds


def main(last: str, sizes: list[int]) -> None:
    stages = scaling.STAGES[: scaling.STAGES.index(last) + 1]
    seconds = np.array([measured(trials, stages) for trials in sizes])
    if len(sizes) > 2:
        for stage, took_s in zip(stages, seconds.T, strict=True):
            slope, error = scaling.exponent(np.array(sizes, float), took_s)
            print(f"{stage}: exponent of time {slope:.3f}, standard error {error:.3f}")


if __name__ == "__main__":
    main(sys.argv[1], sorted(map(int, sys.argv[2:])) or list(SIZES))
