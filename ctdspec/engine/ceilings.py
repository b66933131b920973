"""What can be known of a dataset, and what chance looks like, beside the oracle and shuffled trials."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.guided_inputs import InputBank
from ctdspec.engine.observing import observed_neurons
from ctdspec.engine.step import Cost, Made, Site, Step, code_digest, new_step
from ctdspec.engine.train import kept_weights
from ctdspec.engine.truth import read_truth
from ctdspec.metrics.ceilings.declared import Ceilings, InferenceCeiling, ReadoutCeiling
from ctdspec.metrics.ceilings.inference import TrueModel, take_trials
from ctdspec.metrics.ceilings.readout import Expect, FitCounts, finite_data_answer, readout_answer
from ctdspec.metrics.ceilings.spikes import RatesHz
from ctdspec.metrics.ceilings.stored import KNOWN, UNKNOWN, ceilings, oracle_arrays
from ctdspec.metrics.chance import ou_answer, shifted_answer
from ctdspec.metrics.poisson_map import fit_poisson
from ctdspec.metrics.references import (
    CHANCE_INPUTS,
    CHANCE_OU,
    CHANCE_SHIFT,
    INFERENCE,
    INFERENCE_GIVEN_INPUTS,
    oracle_model,
)
from ctdspec.metrics.score import References, Score, estimates, reference_estimates
from ctdspec.metrics.truth import Truth
from ctdspec.seeds import stream
from ctdspec.store.groups import Group, write_groups
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import truth_arrays
from ctdspec.submissions.answer import Answer, SplitAnswer

COLLAPSED = "a lower bound: too few particles"
"""Said of a row whose posterior must not be taken for the ceiling."""


VERSION = 1
"""Of the code of this step; see `new_step`."""


def ceilings_step(benchmark: Benchmark, truth: Step) -> list[Step]:
    """Give the step that infers what can be known of some trials, if the spec asks for it.

    The results have a store of their own beside the truth, as those of `analysis_step` do.
    """
    if benchmark.ceilings is None:
        return []
    depends_on = {"ceilings": code_digest(benchmark.ceilings)}
    make = partial(_make_ceilings, benchmark, benchmark.ceilings)
    return [new_step((benchmark.folder, "ceilings"), VERSION, depends_on, [truth], make, Cost(30, 1e9, 1e7))]


def _make_ceilings(benchmark: Benchmark, wanted: Ceilings, site: Site) -> Made:
    folder, weights = site.folder, kept_weights(benchmark, site.folder)
    truth = read_truth(folder)
    with threadpool_limits(1, "blas"):
        if wanted.inference is None:
            found = oracle_arrays(truth)
        else:
            models = true_models(benchmark, wanted.inference, folder, truth, weights)
            found = ceilings(
                truth, models, wanted.inference.effort, _trials(wanted.inference), benchmark.seed
            )
    return Made({folder.ceilings: write_groups(folder.ceilings, {"": Group(found)})})


def _trials(wanted: InferenceCeiling) -> dict[str, np.ndarray]:
    """Give the trials, by split, that are inferred: the first ones."""
    return {"train": np.arange(wanted.train_trials), "test": np.arange(wanted.test_trials)}


def true_models(
    benchmark: Benchmark, wanted: InferenceCeiling, folder: DatasetFolder, truth: Truth, weights: Path | None
) -> dict[str, TrueModel]:
    """Give the system that made the data, by what a method may know of its inputs.

    Unknown inputs are left out for tasks whose inputs depend on each other over time: their law is not known
    bin by bin.
    """
    task = benchmark.task
    dynamics = benchmark.system.dynamics(task, weights)
    stored = truth_arrays(folder.truth)
    observed = observed_neurons(benchmark, dynamics, lambda name, trials: np.asarray(stored[name][trials]))
    factors = None
    if benchmark.observation.modulations:
        factors = _factors(take_trials(truth, _trials(wanted)), observed.rates_hz)
    models = {KNOWN: TrueModel(dynamics, observed.rates_hz, None, factors)}
    if task.input_names and task.independent_bins:
        bank = task.sample(wanted.bank_trials, stream(benchmark.seed, "ceilings/inputs")).inputs
        models[UNKNOWN] = TrueModel(dynamics, observed.rates_hz, InputBank(bank), factors)
    return models


def _factors(truth: Truth, rates_hz: RatesHz) -> dict[str, np.ndarray]:
    """Give by how much each trial's rates (trial, neuron) exceed those that its latents alone give."""
    found = {}
    for name, split in truth.splits.items():
        plain = (rates_hz(split.latents) * split.whole[..., None]).sum(axis=1, dtype=float)
        modulated = split.rates_hz.sum(axis=1, dtype=float)
        found[name] = np.divide(modulated, plain, out=np.ones_like(plain), where=plain > 0)
    return found


def ceiling_rows(
    benchmark: Benchmark, wanted: Ceilings, folder: DatasetFolder, truth: Truth, references: References
) -> tuple[list[Score], list[Score]]:
    """Score the ceilings, and the kinds of chance, by the metrics of the spec.

    What was inferred is scored on the trials it was inferred for, beside the oracle and the chance of these.

    Returns
    -------
    The rows of ceilings, and those of chance.
    """
    metrics, seed = benchmark.metrics, benchmark.seed
    n_trials = len(truth.splits["test"].valid)

    def rows(answer: Answer) -> list[Score]:
        found = estimates(answer, truth, metrics, seed)
        return [references.row(metric, answer.method, found[metric], n_trials) for metric in found]

    best: list[Score] = []
    # A library may split a product over threads in a way that changes its last bit, and with it the table.
    with threadpool_limits(1, "blas"):
        if wanted.inference is not None:
            best += _inference_rows(benchmark, wanted.inference, folder, truth)
        if wanted.readout is not None:
            rng = stream(seed, "ceilings/finite_data")
            best += rows(finite_data_answer(truth, _fit(wanted.readout), wanted.readout.fit_bins, rng))
        worst = [row for answer in _chance_answers(wanted, truth, seed) for row in rows(answer)]
    return best, worst


def _inference_rows(
    benchmark: Benchmark, wanted: InferenceCeiling, folder: DatasetFolder, truth: Truth
) -> list[Score]:
    part = take_trials(truth, _trials(wanted))
    references = reference_estimates(part, benchmark.metrics, benchmark.seed)
    model = oracle_model(part)
    found: list[Score] = []
    for answer, collapsed in inferred_answers(folder, part):
        scored = estimates(answer, part, benchmark.metrics, benchmark.seed, model)
        note = COLLAPSED if collapsed else ""
        found += [
            references.row(metric, answer.method, estimate, wanted.test_trials, note)
            for metric, estimate in scored.items()
        ]
    return found


def inferred_answers(folder: DatasetFolder, part: Truth) -> Iterator[tuple[Answer, bool]]:
    """Give what was inferred for the trials of a part of the truth, and whether particles were too few."""
    stored = truth_arrays(folder.ceilings)
    for name in (KNOWN, UNKNOWN):
        if f"{name}/collapsed" not in stored:
            continue
        splits = {}
        for split in part.splits:
            inputs = stored.get(f"{name}/{split}/inputs") if name == UNKNOWN else None
            splits[split] = SplitAnswer(
                np.asarray(stored[f"{name}/{split}/rates_hz"]),
                np.asarray(stored[f"{name}/{split}/latents"]),
                None if inputs is None else np.asarray(inputs),
            )
        given = name == KNOWN and part.splits["test"].inputs is not None
        method = INFERENCE_GIVEN_INPUTS if given else INFERENCE
        yield Answer(method, part.dataset, splits, given_inputs=given), bool(stored[f"{name}/collapsed"][()])


def _chance_answers(wanted: Ceilings, truth: Truth, seed: int) -> Iterator[Answer]:
    """Give answers that know simple things about a dataset and nothing about its trials."""
    yield _named(shifted_answer(truth, stream(seed, "ceilings/shift")), CHANCE_SHIFT)
    yield _named(ou_answer(truth, stream(seed, "ceilings/ou")), CHANCE_OU)
    inputs = {name: split.inputs for name, split in truth.splits.items() if split.inputs is not None}
    if inputs and wanted.readout is not None:
        rng = stream(seed, "ceilings/inputs_alone")
        yield readout_answer(truth, CHANCE_INPUTS, inputs, _fit(wanted.readout), wanted.readout.fit_bins, rng)


def _named(answer: Answer, method: str) -> Answer:
    return Answer(method, answer.dataset, answer.splits)


def _fit(wanted: ReadoutCeiling) -> FitCounts:
    def fit(features: np.ndarray, counts: np.ndarray, seen: np.ndarray) -> Expect:
        return fit_poisson(features, counts, seen, wanted.ridge).expected

    return fit
