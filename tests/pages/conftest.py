from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from ctdspec.benchmark import Benchmark
from ctdspec.metrics.score import Score, score
from ctdspec.metrics.table import scores_json
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.seeds import stream
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import Manifest, write_manifest
from ctdspec.store.truth import Variable, writing_truth
from ctdspec.submissions.answer import SPLITS, Answer, SplitAnswer
from ctdspec.submissions.file import write_answer

DATASET = "d" * 64
COUNTS = {"train": 6, "val": 2, "test": 4}
N_BINS, BIN_S, N_NEURONS = 40, 0.02, 7
SPLIT_TRUTH = ("latents", "rates_hz", "valid", "spikes")
HELD_OUT = np.arange(N_NEURONS) >= 5
SPEC = {
    "ctdspec": 1,
    "kind": "benchmark",
    "name": "tiny",
    "title": "A tiny system",
    "seed": 3,
    "task": {"kind": "spontaneous", "trial_s": N_BINS * BIN_S, "bin_s": BIN_S},
    "system": {
        "kind": "lorenz", "sigma": 10.0, "rho": 28.0, "beta": 2.5, "time_unit_s": 0.2, "integrator": "rk4",
        "steps_per_bin": 1, "noise_sd": 0.0, "burn_in_s": 0.0,
    },
    "observation": {
        "neurons": {"held_in": 5, "held_out": 2},
        "embedding": {"kind": "linear"},
        "rates": {"kind": "exp", "mean_hz": 20.0, "gain": 0.5, "across": "neuron", "mean_log_sd": 0.0},
        "noise": {"kind": "poisson"},
    },
    "trials": COUNTS,
    "data_models": [],
    "metrics": ["rate_r2", "co_bps", "state_recall"],
}  # fmt: skip
METHOD = {
    "kind": "smoothing", "widths_s": [0.05], "floor_hz": 0.1, "offset_hz": 1.0,
    "readout": {"ridges": [0.1], "fit_bins": 100},
}  # fmt: skip
FLIP_FLOP = {
    "kind": "flip_flop", "trial_s": N_BINS * BIN_S, "bin_s": BIN_S, "bits": 2, "pulse_probability": 0.05,
    "quiet_s": 0.0, "input_noise_sd": 0.1, "switch_mask_bins": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A dataset on disk whose methods have answered and been scored."""

    folder: DatasetFolder
    benchmark: Benchmark
    scores: list[Score]


def benchmark_of(methods: tuple[str, ...], with_task: bool, **changes: object) -> Benchmark:
    """Give a benchmark; the data models only matter by their names, so they are all of one kind."""
    from ctdspec.methods.smoothing import Smoothing
    from ctdspec.tasks.flip_flop import FlipFlop

    models = [Smoothing.model_validate(METHOD | {"name": name}) for name in methods]
    benchmark = Benchmark.model_validate(SPEC | changes)
    task = {"task": FlipFlop.model_validate(FLIP_FLOP)} if with_task else {}
    return benchmark.model_copy(update={"data_models": models, **task})


def truth_arrays(n_latents: int, with_task: bool) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Give smooth random latents, log-linear rates, Poisson spikes; one trial ends early."""
    rng = np.random.default_rng(1)
    n_trials = sum(COUNTS.values())
    steps = rng.standard_normal((n_trials, N_BINS, n_latents)) * np.arange(n_latents, 0, -1)
    latents = np.cumsum(steps, axis=1).astype(np.float32) / 5
    rates_hz = np.exp(2.5 + 0.2 * latents @ rng.standard_normal((n_latents, N_NEURONS))).astype(np.float32)
    valid = np.ones((n_trials, N_BINS), bool)
    valid[COUNTS["train"] + COUNTS["val"], -5:] = False
    arrays = {
        "latents": (("trial", "time", "latent"), latents),
        "rates_hz": (("trial", "time", "neuron"), rates_hz),
        "spikes": (
            ("trial", "time", "neuron"),
            rng.poisson(rates_hz * BIN_S * valid[..., None]).astype(np.uint16),
        ),
        "valid": (("trial", "time"), valid),
        "split": (("trial",), np.repeat(np.arange(3, dtype=np.int8), list(COUNTS.values()))),
        "held_out": (("neuron",), HELD_OUT),
        "time_s": (("time",), np.arange(N_BINS) * BIN_S),
    }
    if with_task:
        for name, axis in (
            ("stimulus", "input"),
            ("inputs", "input"),
            ("targets", "output"),
            ("outputs", "output"),
        ):
            arrays[name] = (
                ("trial", "time", axis),
                rng.standard_normal((n_trials, N_BINS, 2)).astype(np.float32),
            )
        arrays["targets"][1][...] = np.sign(arrays["targets"][1])
        arrays["scored"] = (("trial", "time", "output"), rng.random((n_trials, N_BINS, 2)) < 0.8)
    return arrays


def answer_of(name: str, truth: Truth, with_states: bool) -> Answer:
    """Give the truth with some noise on it."""
    rng = stream(0, name)
    splits = {
        split: SplitAnswer(
            (true.rates_hz * rng.uniform(0.7, 1.3, true.rates_hz.shape)).astype(np.float32),
            (true.latents + rng.standard_normal(true.latents.shape)).astype(np.float32)
            if with_states
            else None,
        )
        for split, true in truth.splits.items()
    }
    return Answer(name, DATASET, splits, parameters={"width_s": [0.05, 1 / 3], "note": "<b>"})


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory):
    """Give a function that writes a scored dataset, by the methods that answer with states or without."""

    def make(
        with_states: tuple[str, ...] = ("first",),
        rates_only: tuple[str, ...] = (),
        silent: tuple[str, ...] = (),
        with_task: bool = False,
        n_latents: int = 4,
        **changes: object,
    ) -> Made:
        folder = DatasetFolder(tmp_path_factory.mktemp("made") / "tiny")
        arrays = truth_arrays(n_latents, with_task)
        variables = [Variable.like(name, dims, array) for name, (dims, array) in arrays.items()]
        with writing_truth(folder.truth, variables, chunk_trials=5) as writer:
            for name, (_, array) in arrays.items():
                writer.write(name, array)
            summaries = writer.summaries()
        write_manifest(
            folder.manifest, Manifest(name="tiny", spec="5" * 64, seed=3, dataset=DATASET, arrays=summaries)
        )
        split = arrays["split"][1]
        truth = Truth(DATASET, BIN_S, HELD_OUT, {
            name: SplitTruth(*(arrays[field][1][split == code] for field in SPLIT_TRUTH))
            for code, name in enumerate(SPLITS)
        })  # fmt: skip
        rows: list[Score] = []
        for name in (*with_states, *rates_only):
            answer = answer_of(name, truth, name in with_states)
            folder.submission(name).parent.mkdir(parents=True)
            write_answer(folder.submission(name), answer)
            rows += score(answer, truth, SPEC["metrics"], seed=3)
        rows = [replace(row, low=float("nan")) if row.metric == "co_bps" else row for row in rows]
        folder.scores_json.write_text(scores_json(rows), "utf-8")
        return Made(folder, benchmark_of((*with_states, *rates_only, *silent), with_task, **changes), rows)

    return make
