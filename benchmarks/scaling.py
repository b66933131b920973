"""Time and memory against trials, neurons and latents, with fitted exponents.

Run by ``benchmarks/run.py scaling``. Each size is built, fitted (smoothing) and scored in three fresh
processes: processor time without imports, and the most memory of its own that the process held, without
pages of files. The sizes are small, so much of the time does not grow, and arrays that would lie in files are
in memory; larger_than_memory.py measures larger ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from figure import Figure
from scipy.optimize import curve_fit

SIZES = {
    "trials": (800, 1600, 3200, 6400),
    "neurons": (25, 50, 100, 200),
    "latents": (8, 16, 32, 64),
}
BASE = {"trials": 400, "neurons": 50, "latents": 16, "bins": 100}
STAGES = ("build", "fit", "score")
Found = dict[str, tuple[float, float]]


def spec(trials: int, neurons: int, latents: int, bins: int) -> str:
    """Give the spec of a random network of that size, as text: JSON is YAML."""
    fields = {
        "ctdspec": 1,
        "kind": "benchmark",
        "name": "scaling",
        "title": "A random network",
        "seed": 0,
        "task": {"kind": "spontaneous", "trial_s": bins * 0.01, "bin_s": 0.01},
        "system": {"use": "systems/chaotic_rate_network", "units": latents, "burn_in_s": 0.1},
        "observation": {
            "neurons": {"held_in": neurons - neurons // 5, "held_out": neurons // 5},
            "embedding": {"kind": "linear"},
            "rates": {"kind": "exp", "mean_hz": 5.0, "gain": 1.0, "across": "neuron", "mean_log_sd": 0.3},
            "noise": {"kind": "poisson"},
        },
        "trials": {"train": trials * 8 // 10, "val": trials // 10, "test": trials // 10},
        "data_models": [{"use": "data_models/smoothing"}],
        "metrics": ["rate_r2", "co_bps"],
    }
    return json.dumps(fields)


def child(stage: str, place: Path) -> None:
    """Do one stage, what is before it being done, and print its processor seconds and its peak in MB."""
    import h5py  # noqa: F401  as the others here: what the stages import, so that their time is the work
    import pynwb  # noqa: F401
    import zarr  # noqa: F401

    from ctdspec.benchmark import load
    from ctdspec.engine.execute import Settings, execute
    from ctdspec.engine.own_memory import watched_bytes
    from ctdspec.engine.plan import plan

    steps = plan(load(place / "spec.yaml"), {"build": "build", "fit": "fit", "score": "report"}[stage])  # type: ignore[arg-type]
    start = time.process_time()
    with watched_bytes() as peak:
        execute([step for step in steps if step.name != "report"], place, Settings())
    print(json.dumps([time.process_time() - start, peak() / 1e6]))


def measured(size: Mapping[str, int]) -> Found:
    """Give the seconds and the MB of every stage at one size."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "spec.yaml").write_text(spec(**size))
        return {stage: done(stage, place) for stage in STAGES}


def done(stage: str, place: Path) -> tuple[float, float]:
    """Do one stage in a fresh process; give its processor seconds and its peak in MB."""
    command = [sys.executable, __file__, stage, str(place)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, mb = json.loads(said)
    return seconds, mb


def exponent(sizes: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Give the exponent p of a + b × size^p, and its standard error, with equal relative errors.

    The constant is what does not grow: starting libraries, the structure of files. Both are NaN if the
    largest value is not twice the smallest: what grows is then too little to tell.
    """
    if values[-1] < 2 * values[0]:
        return np.nan, np.nan
    guess = [values[0] / 2, (values[-1] - values[0]) / sizes[-1], 1.0]
    bounds = ([0, 0, 0], [np.inf, np.inf, 4])
    found, covariance = curve_fit(
        lambda n, a, b, p: a + b * n**p, sizes, values, guess, sigma=values, bounds=bounds
    )
    return float(found[2]), float(np.sqrt(covariance[2, 2]))


def growth(axis: str, stage: str, sizes: Sequence[int], found: Sequence[Found]) -> Iterator[Figure]:
    """Yield the exponent of a stage's time along an axis, and how its memory grows."""
    seconds, mb = (np.array([one[stage][column] for one in found]) for column in (0, 1))
    slope, error = exponent(np.array(sizes, float), seconds)
    rows = zip(sizes, seconds, mb, strict=True)
    told = ", ".join(f"{size}: {s:.2g} s, {m:.0f} MB" for size, s, m in rows)
    around = ", ".join(f"{value} {name}" for name, value in BASE.items() if name != axis)
    if np.isnan(slope):
        yield Figure(f"{stage} against {axis} ({around}): grows less than twofold", [], "", told)
    else:
        what = f"{stage} against {axis} ({around}): exponent of time, ± {error:.2f}"
        yield Figure(what, [slope], "", told)
    more = (mb[-1] - mb[0]) / (sizes[-1] - sizes[0]) * 100
    yield Figure(f"{stage}: memory for each hundred {axis} more", [more], "MB")


def figures() -> Iterator[Figure]:
    """Yield time and memory at every size, and the exponents."""
    for axis, sizes in SIZES.items():
        found = [measured(BASE | {axis: size}) for size in sizes]
        for stage in STAGES:
            yield from growth(axis, stage, sizes, found)


if __name__ == "__main__":
    child(sys.argv[1], Path(sys.argv[2]))
