"""Time to draw 10⁷ counts at one spike per bin, by every law of independent counts.

Run as ``uv run python benchmarks/sample_counts.py [--spikes-per-bin MEAN] [--bins BINS]``. Beside them runs
numpy.random.Generator.poisson on the same array. All run on one thread; processor time is taken.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from figure import Figure, compared

from ctdspec.observation.noise import CountNoise
from ctdspec.observation.noises.bernoulli import Bernoulli
from ctdspec.observation.noises.conway_maxwell_poisson import ConwayMaxwellPoisson
from ctdspec.observation.noises.negative_binomial import NegativeBinomial
from ctdspec.observation.noises.poisson import Poisson
from ctdspec.seeds import stream

RUNS = 5
LAWS: dict[str, CountNoise] = {
    "poisson": Poisson(kind="poisson"),
    "bernoulli": Bernoulli(kind="bernoulli"),
    "negative_binomial, fano 2": NegativeBinomial(kind="negative_binomial", fano=2.0),
    "conway_maxwell_poisson, fano 0.5": ConwayMaxwellPoisson(
        kind="conway_maxwell_poisson", fano=0.5, below_limit="least"
    ),
}


def seconds(draw: Callable[[np.ndarray, np.random.Generator], object], expected: np.ndarray) -> float:
    start = time.process_time()
    draw(expected, stream(0, "benchmark"))
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spikes-per-bin", type=float, default=1.0)
    parser.add_argument("--bins", type=int, default=10_000_000)
    arguments = parser.parse_args()
    expected = np.full(arguments.bins, arguments.spikes_per_bin, np.float32)
    draws = {"numpy": lambda mean, rng: rng.poisson(mean)}
    draws |= {name: law.counts for name, law in LAWS.items() if name != "bernoulli" or expected[0] <= 1}
    # Turn by turn, so that a busy moment of the machine meets all of them.
    times = [{name: seconds(draw, expected) for name, draw in draws.items()} for _ in range(RUNS)]
    for name in draws:
        ratio = statistics.median(turn["numpy"] / turn[name] for turn in times)
        each = statistics.median(turn[name] for turn in times) / arguments.bins
        print(f"{name:34} {each * 1e9:6.1f} ns per bin   {ratio:5.2f} times the speed of numpy's poisson")


def figures() -> Iterator[Figure]:
    """Yield a figure for every law, at one spike per bin."""
    expected = np.full(10_000_000, 1.0, np.float32)
    for name, law in LAWS.items():
        yield compared(
            f"draw 10⁷ counts at one spike per bin: {name}",
            lambda law=law: law.counts(expected, stream(0, "benchmark")),
            "numpy.random.Generator.poisson",
            lambda: stream(0, "benchmark").poisson(expected),
            RUNS,
        )


if __name__ == "__main__":
    main()
