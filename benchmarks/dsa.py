"""Dynamical similarity analysis of two random networks, beside dsa-metric: 200 trials × 200 bins each.

Run as ``uv run --with dsa-metric python benchmarks/dsa.py`` in an environment with PyTorch. Both take 20
delays and rank 50, from the states to one distance, on one thread, in processor time; smaller angles are
better optima.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import DSA
import numpy as np
import torch
from figure import Figure, compared
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from ctdspec.metrics.delay_modes import delay_modes
from ctdspec.metrics.dsa import spectral_distance
from ctdspec.metrics.orthogonal_alignment import angular_distance
from ctdspec.seeds import stream

N_DELAYS, RANK, N_STARTS = 20, 50, 4
RUNS, PEER_RUNS = 5, 1

Compare = Callable[[np.ndarray, np.ndarray, str], float]


def network(n_units: int, index: int) -> np.ndarray:
    rng = stream(0, "benchmark/dsa", index)
    weights = 1.5 * rng.standard_normal((n_units, n_units)) / np.sqrt(n_units)
    states, now = np.empty((200, 200, n_units)), rng.standard_normal((200, n_units))
    for t in range(200):
        now = 0.9 * now + 0.1 * np.tanh(now) @ weights.T + 0.05 * rng.standard_normal(now.shape)
        states[:, t] = now
    return states


def ours(first: np.ndarray, second: np.ndarray, score: str) -> float:
    laws = [propagator(states) for states in (first, second)]
    if score == "wasserstein":
        return spectral_distance(*laws)
    return angular_distance(*laws, N_STARTS, np.random.default_rng(0))


def propagator(states: np.ndarray) -> np.ndarray:
    return delay_modes(states, np.ones(states.shape[:2], bool), N_DELAYS, RANK).propagator(RANK)


def theirs(first: np.ndarray, second: np.ndarray, score: str) -> float:
    torch.manual_seed(0)
    compared = DSA.DSA(first, second, n_delays=N_DELAYS, rank=RANK, score_method=score)
    return float(compared.fit_score())


def eigenvalues_apart(states: np.ndarray) -> float:
    peer = DSA.DMD(states, n_delays=N_DELAYS, rank=RANK)
    peer.fit()
    found, expected = (np.linalg.eigvals(law) for law in (propagator(states), peer.A_v.numpy()))
    cost = np.abs(found[:, None] - expected)
    return float(cost[linear_sum_assignment(cost)].max())


def timed(
    compare: Compare, pair: tuple[np.ndarray, np.ndarray], score: str, runs: int
) -> tuple[float, float]:
    """Give the median processor time in seconds, and the distance."""
    seconds, distance = [], 0.0
    for _ in range(runs):
        start = time.process_time()
        distance = compare(*pair, score)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), distance


def figures() -> Iterator[Figure]:
    """Yield a figure for each distance and size."""
    torch.set_num_threads(1)
    for n_units in (8, 64):
        pair = network(n_units, 0), network(n_units, 1)
        for score in ("wasserstein", "angular"):
            yield compared(
                f"dynamical similarity of 2 × 200 × 200 states in {n_units} dimensions, {score}",
                lambda pair=pair, score=score: ours(*pair, score),
                "dsa-metric",
                lambda pair=pair, score=score: theirs(*pair, score),
                PEER_RUNS,
            )


if __name__ == "__main__":
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for n_units in (8, 64):
            pair = network(n_units, 0), network(n_units, 1)
            print(f"{n_units} dimensions: eigenvalues {eigenvalues_apart(pair[0]):.0e} apart")
            for score in ("wasserstein", "angular"):
                our_s, our_distance = timed(ours, pair, score, RUNS)
                peer_s, peer_distance = timed(theirs, pair, score, PEER_RUNS)
                print(f"  {score:12} ctdspec     {our_s:8.3f} s   {our_distance:.6f}")
                print(f"  {score:12} dsa-metric  {peer_s:8.3f} s   {peer_distance:.6f}")
                print(f"  {'':12} {peer_s / our_s:.0f} times as fast")
