"""From a spec to its ground truth, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.simulate import simulate
from ctdspec.engine.blocks import BLOCK_TRIALS, Block, blocks
from ctdspec.engine.observing import observed_neurons, split_codes, train_blocks
from ctdspec.engine.recorder import Recorder
from ctdspec.engine.variables import MEASURED, constants, observed_variables, prepared_constants
from ctdspec.errors import UsageError
from ctdspec.observation.circuit import Observed
from ctdspec.observation.held_out import draw_held_out
from ctdspec.parallel import n_cores, ordered_map
from ctdspec.seeds import stream
from ctdspec.store.truth import TruthWriter, Variable
from ctdspec.submissions.answer import SPLITS
from ctdspec.track import Track
from ctdspec.trials import last_bins


@dataclass(frozen=True)
class Generator:
    """Fills a truth store: the system is run once, and then observed."""

    benchmark: Benchmark
    dynamics: Dynamics
    truth: TruthWriter
    chunk_trials: int
    track: Track

    def run(self) -> None:
        """Write everything but what was declared by others."""
        # A library may split a matrix product over threads in a way that changes its last bit; blocks are
        # what runs in parallel here, so one thread for each product costs nothing.
        with threadpool_limits(1, "blas"):
            self._per_block(self._simulated, "running the system")
            self._observe()

    def _simulated(self, block: Block) -> dict[str, np.ndarray]:
        trials = self.benchmark.task.sample(block.n_trials, self._stream("task", block.index))
        latents = simulate(self.dynamics, trials.inputs, self._stream("system", block.index), trials.start)
        found = {
            "stimulus": trials.stimulus,
            "inputs": trials.inputs,
            "targets": trials.targets,
            "scored": trials.scored,
            "valid": trials.valid,
            "latents": latents,
            "outputs": self.dynamics.readout(latents),
        }
        if self.dynamics.is_discrete:
            found["state"] = latents.argmax(axis=2)
        for name, series in self.dynamics.measure(latents).items():
            found[f"{MEASURED}/{name}"] = series
        if self.benchmark.trials.forward_s is not None:
            found["forward"] = self._forward(trials.valid, block)
        if trials.condition is not None:
            found["condition"] = trials.condition
        for name in self.benchmark.task.phases:
            phase = trials.epochs[name]
            found[f"phases/{name}"] = np.stack([phase.start, phase.stop], axis=1)
        return found

    def _forward(self, valid: np.ndarray, block: Block) -> np.ndarray:
        """Give the bins (trial, time) that the test recording leaves out."""
        n_bins = self.benchmark.trials.forward_bins(self.benchmark.task.bin_s)
        test = self._split[block.trials] == SPLITS.index("test")
        shortest = int(valid[test].sum(axis=1).min(initial=valid.shape[1]))
        if shortest <= n_bins:
            raise UsageError(
                f"trials.forward_s: a test trial has {shortest} bins, so none is left to predict {n_bins} "
                "from; take fewer"
            )
        return last_bins(valid, n_bins) & test[:, None]

    def _observe(self) -> None:
        benchmark = self.benchmark
        observation, seed = benchmark.observation, benchmark.seed
        observed = observed_neurons(benchmark, self.dynamics, self.truth.read)
        held_out = draw_held_out(
            observed.population, observation.n_held_out, stream(seed, "observation/held_out")
        )
        for variable, array in constants(benchmark, self.dynamics, observed, held_out, self._split):
            self.truth.add(variable, array)

        recorder = Recorder(self.benchmark, observed, self._factors(observed), self._dropout(), {})
        prepared = observation.noise.prepare(
            lambda: self._train_rates(recorder),
            observation.n_observed,
            benchmark.task.bin_s,
            self._stream("noise"),
        )
        for variable, array in prepared_constants(prepared, observation.n_observed):
            self.truth.add(variable, array)
        self.truth.declare(observed_variables(benchmark))
        recorder = Recorder(benchmark, observed, recorder.factors, recorder.observed_trials, prepared)
        self._per_block(lambda block: self._recorded(block, recorder), "observing it")

    def _recorded(self, block: Block, recorder: Recorder) -> dict[str, np.ndarray]:
        latents, valid = self.truth.read("latents", block.trials), self.truth.read("valid", block.trials)
        rng, sorting_rng = self._stream("spikes", block.index), self._stream("sorting", block.index)
        return recorder.record(latents, valid, block.trials, rng, sorting_rng)

    @property
    def _split(self) -> np.ndarray:
        return split_codes(self.benchmark)

    def _factors(self, observed: Observed) -> np.ndarray | None:
        """Draw the modulations (trial, neuron), scaled so that no mean rate over the train trials changes."""
        modulations = self.benchmark.observation.modulations or []
        if not modulations:
            return None
        n_trials = self.benchmark.trials.total
        factors = np.ones((n_trials, len(observed.ids)), np.float32)
        for number, modulation in enumerate(modulations):
            rng = self._stream(f"observation/modulation/{number}")
            drawn = modulation.factors(n_trials, observed.population, rng)
            self.truth.add(
                Variable.like(
                    f"modulation/{number}_{modulation.kind}", ("trial", "neuron"), drawn,
                    description="factor on the rates, before all factors are scaled to keep the mean rates",
                ),
                drawn,
            )  # fmt: skip
            factors = factors * drawn
        plain, modulated = 0.0, 0.0
        for block in blocks(n_trials):
            train = self._split[block.trials] == SPLITS.index("train")
            latents, valid = self.truth.read("latents", block.trials), self.truth.read("valid", block.trials)
            summed = (observed.rates_hz(latents) * valid[..., None])[train].sum(axis=1, dtype=np.float64)
            plain = plain + summed.sum(axis=0)
            modulated = modulated + (summed * factors[block.trials][train]).sum(axis=0)
        return (factors * (plain / modulated)).astype(np.float32)

    def _dropout(self) -> np.ndarray | None:
        """Draw which trials each neuron is observed in (trial, neuron), and record it."""
        observation = self.benchmark.observation
        if observation.dropout is None:
            return None
        rng = self._stream("observation/dropout")
        observed = observation.dropout.observed(self.benchmark.trials.total, observation.n_observed, rng)
        description = "trials in which the electrodes still had the neuron"
        self.truth.add(
            Variable.like("observed", ("trial", "neuron"), observed, description=description), observed
        )
        return observed

    def _train_rates(self, recorder: Recorder) -> Iterator[np.ndarray]:
        for block, train in train_blocks(self._split):
            latents, valid = self.truth.read("latents", block.trials), self.truth.read("valid", block.trials)
            yield recorder.rates_hz(latents, valid, block.trials)[train]

    def _stream(self, purpose: str, index: int = 0) -> np.random.Generator:
        """Give a stream of this session's own; that of the first session is the one of a single session."""
        session = f"session/{self.benchmark.session}/" if self.benchmark.session_number > 0 else ""
        return stream(self.benchmark.seed, session + purpose, index)

    def _per_block(self, make: Callable[[Block], dict[str, np.ndarray]], doing: str) -> None:
        work = blocks(self.benchmark.trials.total)
        ahead = max(1, self.chunk_trials // BLOCK_TRIALS)
        made = ordered_map(make, work, workers=min(ahead, n_cores()), ahead=ahead)
        for arrays in self.track(made, doing, len(work)):
            for name, values in arrays.items():
                if values.size:
                    self.truth.write(name, values)
