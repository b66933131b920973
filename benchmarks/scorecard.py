"""The whole recovery scorecard of one answer: 1000 trials × 500 bins × 60 neurons, 64 latents, 64 states.

Every metric of the catalogue that such a dataset has something for, with 2000 resamples, and with the ceiling
and the chance level of each, on one thread: the answer, the oracle and chance are scored. Processor time and
the largest memory that the process ever held, the truth and the answer included.
"""

from __future__ import annotations

import resource
import time

import numpy as np
from threadpoolctl import threadpool_limits

from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.score import score
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer

N_TRIALS = {"train": 800, "val": 100, "test": 100}
N_BINS, N_NEURONS, N_LATENTS, N_INPUTS, BIN_S = 500, 60, 64, 3, 0.01
HELD_OUT = np.arange(N_NEURONS) >= 50


def smooth(rng: np.random.Generator, n_trials: int, n_columns: int) -> np.ndarray:
    """Draw slow noise of falling variance, float32."""
    series = rng.standard_normal((n_trials, N_BINS, n_columns), np.float32)
    for t in range(1, N_BINS):
        series[:, t] = 0.95 * series[:, t - 1] + 0.31 * series[:, t]
    return series * np.float32(0.9) ** np.arange(n_columns, dtype=np.float32)


def make_truth(rng: np.random.Generator) -> Truth:
    readout = (0.4 * rng.standard_normal((N_LATENTS, N_NEURONS))).astype(np.float32)
    splits = {}
    for name, n in N_TRIALS.items():
        latents = smooth(rng, n, N_LATENTS)
        rates_hz = 10 * np.exp(latents @ readout)
        spikes = np.empty(rates_hz.shape, np.uint16)
        for trial in range(n):
            spikes[trial] = rng.poisson(rates_hz[trial] * BIN_S)
        inputs = smooth(rng, n, N_INPUTS)
        splits[name] = SplitTruth(
            latents=latents,
            rates_hz=rates_hz,
            valid=np.ones((n, N_BINS), bool),
            spikes=spikes,
            inputs=inputs,
            outputs=latents[..., :3],
            events={"high": inputs[..., 0] > 2},
        )
    return Truth("digest", BIN_S, HELD_OUT, splits)


def make_answer(truth: Truth, rng: np.random.Generator) -> Answer:
    turn = np.linalg.qr(rng.standard_normal((N_LATENTS, N_LATENTS)))[0].astype(np.float32)
    splits = {}
    for name, split in truth.splits.items():
        states = split.latents @ turn
        states += 0.1 * rng.standard_normal(states.shape, np.float32)
        splits[name] = SplitAnswer(split.rates_hz * np.float32(1.1), states, split.inputs + np.float32(0.5))
    return Answer("method", "digest", splits)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    with threadpool_limits(1):
        truth = make_truth(rng)
        answer = make_answer(truth, rng)
        start = time.process_time()
        rows = score(answer, truth, list(METRICS), seed=0)
        seconds = time.process_time() - start
    for row in rows:
        print(f"{row.metric:24} {row.value:7.3f}  ceiling {row.ceiling:7.3f}  chance {row.chance:7.3f}")
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(rows)} metrics in {seconds:.1f} s of processor time; {peak_gb:.2f} GB at most")
