"""The whole recovery scorecard of one answer: 1000 trials × 500 bins × 60 neurons, 64 latents, 64 states.

Every metric of the catalogue that such a dataset has something for, with 2000 resamples, and with the ceiling
and the chance level of each, on one thread: the answer, the oracle and chance are scored. The latents are
those of the shipped flip-flop network, whose fixed points are known before; the answer brings the network as
ONNX. Processor time and the largest memory that the process ever held, the truth and the answer included.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from figure import Figure
from peak_memory import peak_mb
from threadpoolctl import threadpool_limits

from ctdspec.benchmark import load
from ctdspec.dynamics.certificate import TrappingBox
from ctdspec.dynamics.fixed_point_search import Search
from ctdspec.dynamics.fixed_points import find_fixed_points
from ctdspec.dynamics.simulate import simulate
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.fixed_points import PointSet
from ctdspec.metrics.model import KnownFixedPoints, TrueSystem
from ctdspec.metrics.score import Score, score
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.exchange import encode
from ctdspec.systems.task_trained import TaskTrained

N_TRIALS = {"train": 800, "val": 100, "test": 100}
N_BINS, N_NEURONS, N_LATENTS, N_INPUTS, BIN_S = 500, 60, 64, 3, 0.01
SEARCH = Search(visited_starts=64, segment_starts=800, rounds=12)
HELD_OUT = np.arange(N_NEURONS) >= 50


def make_truth(rng: np.random.Generator) -> Truth:
    spec = load("3bff")
    assert isinstance(spec.system, TaskTrained), "the flip-flop is solved by a trained network"
    dynamics = spec.system.dynamics(spec.task, spec.system.shipped_weights)
    readout = (0.4 * rng.standard_normal((N_LATENTS, N_NEURONS))).astype(np.float32)
    splits = {}
    for name, n in N_TRIALS.items():
        trials = spec.task.sample(n, rng)
        latents = simulate(dynamics, trials.inputs, rng)
        rates_hz = 10 * np.exp(latents @ readout)
        spikes = np.empty(rates_hz.shape, np.uint16)
        for trial in range(n):
            spikes[trial] = rng.poisson(rates_hz[trial] * BIN_S)
        inputs = trials.inputs
        splits[name] = SplitTruth(
            latents=latents,
            rates_hz=rates_hz,
            valid=np.ones((n, N_BINS), bool),
            spikes=spikes,
            inputs=inputs,
            stimulus=trials.stimulus,
            outputs=latents[..., :3],
            events={"high": inputs[..., 0] > 0.5},
        )
    visited = splits["train"].latents[:50].reshape(-1, N_LATENTS).astype(float)
    box = TrappingBox(-np.ones(N_LATENTS), np.ones(N_LATENTS))
    found = find_fixed_points(dynamics, np.zeros(N_INPUTS), visited, rng, box=box, search=SEARCH)
    points = KnownFixedPoints(PointSet(found.points, found.eigenvalues), np.zeros(N_INPUTS), SEARCH)
    system = TrueSystem(lambda: dynamics, points)
    return Truth("digest", BIN_S, HELD_OUT, splits, system=system)


def make_answer(truth: Truth, rng: np.random.Generator) -> Answer:
    turn = np.linalg.qr(rng.standard_normal((N_LATENTS, N_LATENTS)))[0].astype(np.float32)
    splits = {}
    for name, split in truth.splits.items():
        states = split.latents @ turn
        states += 0.1 * rng.standard_normal(states.shape, np.float32)
        splits[name] = SplitAnswer(
            split.rates_hz * np.float32(1.1), states, split.latents[..., :N_INPUTS] + np.float32(0.5)
        )
    assert truth.system is not None, "make_truth gives one"
    step = truth.system.dynamics.step
    dynamics = encode(
        lambda states, inputs: step(states @ turn.T, inputs) @ turn,
        lambda states: states[:, :N_NEURONS],
        N_LATENTS,
        N_INPUTS,
        "stimulus",
    )
    return Answer("method", "digest", splits, dynamics=dynamics)


def measured() -> tuple[list[Score], float]:
    """Give the rows of the whole scorecard, and the processor seconds of scoring."""
    rng = np.random.default_rng(0)
    with threadpool_limits(1):
        truth = make_truth(rng)
        answer = make_answer(truth, rng)
        start = time.process_time()
        rows = score(answer, truth, list(METRICS), seed=0)
        return rows, time.process_time() - start


def figures() -> Iterator[Figure]:
    """Yield time and memory of the whole scorecard."""
    rows, seconds = measured()
    yield Figure(f"the recovery scorecard, {len(rows)} metrics, of 1000 × 500 × 60", [seconds], "s")
    yield Figure("the same: peak memory, truth and answer included", [peak_mb()], "MB")


if __name__ == "__main__":
    rows, seconds = measured()
    for row in rows:
        print(f"{row.metric:24} {row.value:7.3f}  ceiling {row.ceiling:7.3f}  chance {row.chance:7.3f}")
    print(f"{len(rows)} metrics in {seconds:.1f} s of processor time; {peak_mb() / 1000:.2f} GB at most")
