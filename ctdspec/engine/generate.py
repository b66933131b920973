"""From a spec to its ground truth, block by block."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.simulate import simulate
from ctdspec.engine.blocks import BLOCK_TRIALS, Block, blocks
from ctdspec.observation.rates import RateModel, fit_rates
from ctdspec.parallel import ordered_map
from ctdspec.seeds import stream
from ctdspec.store.truth import TruthWriter
from ctdspec.submissions.answer import SPLITS
from ctdspec.track import Track


@dataclass(frozen=True)
class Generator:
    """Fills a truth store: the system is run once, and then observed."""

    benchmark: Benchmark
    dynamics: Dynamics
    embedding: Mapping[str, np.ndarray]
    truth: TruthWriter
    chunk_trials: int
    track: Track

    def run(self) -> None:
        """Write every variable of `variables`."""
        # A library may split a matrix product over threads in a way that changes its last bit; blocks are
        # what runs in parallel here, so one thread for each product costs nothing.
        with threadpool_limits(1, "blas"):
            self._per_block(self._simulated, "running the system")
            rates = fit_rates(self.benchmark.observation, self.embedding, self._train, self.benchmark.seed)
            self._per_block(lambda block: self._observed(block, rates), "observing it")
            self._write_constants(rates)

    def _per_block(self, make: Callable[[Block], dict[str, np.ndarray]], doing: str) -> None:
        work = blocks(self.benchmark.trials.total)
        ahead = max(1, self.chunk_trials // BLOCK_TRIALS)
        made = ordered_map(make, work, workers=min(ahead, os.cpu_count() or 1), ahead=ahead)
        for arrays in self.track(made, doing, len(work)):
            for name, values in arrays.items():
                if values.size:
                    self.truth.write(name, values)

    def _simulated(self, block: Block) -> dict[str, np.ndarray]:
        seed = self.benchmark.seed
        trials = self.benchmark.task.sample(block.n_trials, stream(seed, "task", block.index))
        latents = simulate(self.dynamics, trials.inputs, stream(seed, "system", block.index))
        return {
            "stimulus": trials.stimulus,
            "inputs": trials.inputs,
            "targets": trials.targets,
            "scored": trials.scored,
            "valid": trials.valid,
            "latents": latents,
            "outputs": self.dynamics.readout(latents),
        }

    def _train(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        n_train = self.benchmark.trials.train
        for block in blocks(n_train):
            yield self.truth.read("latents", block.trials), self.truth.read("valid", block.trials)

    def _observed(self, block: Block, rates: RateModel) -> dict[str, np.ndarray]:
        valid = self.truth.read("valid", block.trials)
        rates_hz = rates.rates_hz(self.truth.read("latents", block.trials))
        rates_hz *= valid[..., None]
        rng = stream(self.benchmark.seed, "spikes", block.index)
        sample = self.benchmark.observation.noise.sample(rates_hz, self.benchmark.task.bin_s, {}, rng)
        return {"rates_hz": rates_hz, "spikes": sample.spikes}

    def _write_constants(self, rates: RateModel) -> None:
        constants = {
            "drive_mean": rates.drive_mean,
            "drive_sd": rates.drive_sd,
            "scale_hz": rates.scale_hz,
            "held_out": held_out(self.benchmark),
            "split": split_codes(self.benchmark),
            "time_s": np.arange(self.benchmark.task.n_bins) * self.benchmark.task.bin_s,
            **self.embedding,
            **{f"system/{name}": values for name, values in self.dynamics.parameters().items()},
        }
        for name, values in constants.items():
            self.truth.write(name, values)


def held_out(benchmark: Benchmark) -> np.ndarray:
    """Give (neuron,) bool: the last neurons are hidden. Which ones those are is random: the embedding is."""
    neurons = benchmark.observation.neurons
    return np.arange(neurons.total) >= neurons.held_in


def split_codes(benchmark: Benchmark) -> np.ndarray:
    """Give (trial,) int8 indices into `SPLITS`: trials are independent, so the splits follow each other."""
    counts = benchmark.trials
    return np.repeat(np.arange(len(SPLITS), dtype=np.int8), [counts.train, counts.val, counts.test])
