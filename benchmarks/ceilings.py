"""Seconds for the inference ceiling of shipped benchmarks, and how far it is below the truth.

Run as ``OMP_NUM_THREADS=1 uv run python benchmarks/ceilings.py``. Seconds are of the
processor. `z` is the root mean square of the latents' errors over their posterior standard deviations: 1 for
a posterior that is as wrong as it says, less for one that is too careful.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from ctdspec.benchmark import Benchmark, load
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.guided_inputs import InputBank
from ctdspec.dynamics.simulate import simulate
from ctdspec.metrics.ceilings.inference import Effort, Inferred, TrueModel, infer
from ctdspec.metrics.ceilings.oracle import reached_bits
from ctdspec.metrics.ceilings.spikes import RatesHz
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.observation.circuit import draw_neurons, observe
from ctdspec.observation.embedding import LatentMoments
from ctdspec.seeds import stream
from ctdspec.systems.task_trained import TaskTrained

TRIALS = 12
SCALED = 50
BANK = 500
EFFORT = Effort(n_particles=1000, n_first=1000, lag_bins=12, passes=2, blind_share=0.5, jitter=0.01)
DETERMINISTIC = replace(EFFORT, n_first=20_000, lag_bins=25)


def make(name: str) -> tuple[Benchmark, Dynamics, Truth, RatesHz]:
    """Simulate and observe trials; the first of them scale the rates, the last are the test trials."""
    benchmark = load(name)
    system, task, observation = benchmark.system, benchmark.task, benchmark.observation
    weights = system.shipped_weights if isinstance(system, TaskTrained) else None
    dynamics = system.dynamics(task, weights)
    trials = task.sample(SCALED + TRIALS, stream(0, "benchmark/task"))
    latents = simulate(dynamics, trials.inputs, stream(0, "benchmark/noise"))
    moments = LatentMoments(*(np.asarray(f(latents, (0, 1), float)) for f in (np.mean, np.std)))
    neurons = draw_neurons(observation, 0, 0, moments)
    train = [(latents[:SCALED], trials.valid[:SCALED])]
    rates_hz = observe(observation, neurons, lambda: train, moments, 0).rates_hz
    test = slice(SCALED, None)
    rates = rates_hz(latents[test])
    spikes = stream(0, "benchmark/spikes").poisson(rates * task.bin_s)
    split = SplitTruth(latents[test], rates, trials.valid[test], spikes, inputs=trials.inputs[test])
    held_out = np.arange(observation.n_observed) >= observation.n_observed - observation.n_held_out
    return benchmark, dynamics, Truth(name, task.bin_s, held_out, {"test": split}), rates_hz


def r2(true: np.ndarray, found: np.ndarray) -> float:
    return float(1 - np.square(true - found).sum() / np.square(true - true.mean(axis=(0, 1))).sum())


def report(name: str, truth: Truth, inferred: Inferred, seconds: float) -> None:
    test, found, quality = truth.splits["test"], inferred.posteriors["test"], inferred.quality
    group = np.flatnonzero(truth.held_out)
    bits, oracle = (
        reached_bits(rates[..., group], test.spikes[..., group], test.seen(group), truth.bin_s)
        for rates in (found.values, test.rates_hz)
        if test.spikes is not None
    )
    enough = found.smoothed_ess > 5
    errors = (found.latents - test.latents)[enough] / found.latents_sd[enough]
    print(
        f"{name}: {seconds:.0f} s for {len(test.valid)} trials; "
        f"R² of latents {r2(test.latents, found.latents):.4f}, "
        f"of rates {r2(test.rates_hz, found.values):.4f}; "
        f"{bits:.4f} of {oracle:.4f} bits per spike; z {np.sqrt(np.square(errors).mean()):.2f}; "
        f"ess min {quality.ess_min:.0f}, median {quality.ess_median:.0f}, "
        f"smoothed median {quality.smoothed_ess_median:.0f}, excess {quality.excess:.2f}"
        f"{', COLLAPSED' if quality.collapsed else ''}"
    )


def main() -> None:
    for name, effort in (("lorenz", DETERMINISTIC), ("3bff", EFFORT)):
        benchmark, dynamics, truth, rates_hz = make(name)
        models = {"inputs known": TrueModel(dynamics, rates_hz)}
        if benchmark.task.input_names:
            bank = InputBank(benchmark.task.sample(BANK, stream(0, "benchmark/bank")).inputs)
            models["inputs unknown"] = TrueModel(dynamics, rates_hz, bank)
        for knowing, model in models.items():
            start = time.process_time()
            inferred = infer(truth, model, effort, stream(0, "benchmark/ceilings"))
            report(f"{name}, {knowing}", truth, inferred, time.process_time() - start)


if __name__ == "__main__":
    main()
