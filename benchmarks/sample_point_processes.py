"""Processor time to draw spikes that depend on their history, beside NumPy's Poisson counts of the same bins.

Run as ``uv run python benchmarks/sample_point_processes.py [--bins 1e7]``: bins of 10 ms at 100 Hz, which is
1 spike per bin, of 100 neurons in trials of 500 bins, drawn 20 trials at a time; steps of 1 ms. The laws also
give the conditional intensity of every bin.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
from figure import Figure, compared

from ctdspec.observation.noises.gamma_renewal import GammaRenewal
from ctdspec.observation.noises.glm import GLM
from ctdspec.observation.noises.lif import LeakyIntegrateAndFire
from ctdspec.observation.noises.refractory import Refractory
from ctdspec.observation.point_process import PointProcess
from ctdspec.seeds import stream

RUNS, BIN_S, STEP_S = 3, 0.01, 0.001
BLOCK = np.full((20, 500, 100), 100, np.float32)

COUPLING = {"density": 0.2, "excitatory": 0.6, "weight_sd": 0.1, "tau_s": 0.01}
POST_SPIKE = [{"gain": -3.0, "tau_s": 0.004}, {"gain": 0.3, "tau_s": 0.03}]
LIF = {"kind": "lif", "tau_s": 0.02, "dead_s": 0.0015, "escape_hz": 100.0, "width": 0.2, "step_s": STEP_S}
COUPLED = {
    "kind": "glm",
    "dead_s": 0.0015,
    "post_spike": POST_SPIKE,
    "coupling": COUPLING,
    "step_s": STEP_S,
}
LAWS: dict[str, PointProcess] = {
    "gamma_renewal": GammaRenewal(kind="gamma_renewal", order=3.0, step_s=STEP_S),
    "refractory, absolute": Refractory(kind="refractory", dead_s=0.0015, recovery_s=0.0, step_s=STEP_S),
    "refractory": Refractory(kind="refractory", dead_s=0.0015, recovery_s=0.002, step_s=STEP_S),
    "glm": GLM.model_validate(COUPLED),
    "lif": LeakyIntegrateAndFire.model_validate(LIF),
}


def least_s(draw: Callable[[int], object], n_blocks: int) -> float:
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        for block in range(n_blocks):
            draw(block)
        seconds.append(time.process_time() - start)
    return min(seconds)


def figures() -> Iterator[Figure]:
    """Yield a figure for every law, over one block of bins."""
    for name, law in LAWS.items():
        prepared = law.prepare(lambda: [BLOCK], BLOCK.shape[-1], BIN_S, stream(0, "prepare"))
        yield compared(
            f"draw {BLOCK.size:.0e} bins of 10 ms at 100 Hz: {name}",
            lambda law=law, prepared=prepared: law.sample(BLOCK, BIN_S, prepared, stream(0, "benchmark")),
            "numpy.random.Generator.poisson",
            lambda: stream(0, "benchmark").poisson(BLOCK * BIN_S),
            RUNS,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bins", type=float, default=1e7)
    n_blocks = round(parser.parse_args().bins / BLOCK.size)
    n_bins = n_blocks * BLOCK.size
    plain = least_s(lambda block: stream(0, "benchmark", block).poisson(BLOCK * BIN_S), n_blocks)
    print(f"{'NumPy Poisson':22}{plain / n_bins * 1e9:7.0f} ns per bin")
    for name, law in LAWS.items():
        prepared = law.prepare(lambda: [BLOCK], BLOCK.shape[-1], BIN_S, stream(0, "prepare"))

        def draw(block: int, law=law, prepared=prepared) -> object:
            return law.sample(BLOCK, BIN_S, prepared, stream(0, "benchmark", block))

        ours = least_s(draw, n_blocks)
        print(f"{name:22}{ours / n_bins * 1e9:7.0f} ns per bin   {plain / ours:.2f} of its speed")
