"""The plan: every step of a benchmark, computed from its spec before anything runs."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Literal

from ctdspec.benchmark import Benchmark
from ctdspec.engine.analysis import analysis_step
from ctdspec.engine.build import nwb_step, spec_step, truth_step
from ctdspec.engine.ceilings import ceilings_step
from ctdspec.engine.claims import claims_step
from ctdspec.engine.fit import method_steps
from ctdspec.engine.report import report_step
from ctdspec.engine.score import scores_step
from ctdspec.engine.step import Step
from ctdspec.engine.sweep import sweep_step
from ctdspec.engine.train import weights_step

Until = Literal["build", "fit", "report"]
"""How far to go: the data; the answers of the data models; scores, claims and pages."""


def plan(benchmark: Benchmark, until: Until = "report", methods: Collection[str] = ()) -> list[Step]:
    """Give the steps of a benchmark, each after those it needs: of every point or session, and over points.

    It reads nothing but the shipped weights and the files that external data models name, whose digests are
    in the keys.

    Parameters
    ----------
    benchmark
        The spec.
    until
        How far to go.
    methods
        Names of optional data models that are to be fitted too; `ctdspec.engine.fit.ALL` for all of them.

    Raises
    ------
    UsageError
        If no data model has such a name.
    """
    steps: list[Step] = []
    with _nothing_is_garbage():
        for recording in benchmark.recordings:
            steps += _of_one(recording, until, methods)
        if benchmark.is_many and until == "report":
            steps.append(sweep_step(benchmark, [step for step in steps if step.name in ("scores", "claims")]))
        return list({step.id: step for step in steps}.values())


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """Spare Python the search for garbage, which takes a third of the time for many points and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _of_one(recording: Benchmark, until: Until, asked_for: Collection[str]) -> list[Step]:
    """Give the steps of one dataset."""
    spec, weights = spec_step(recording), weights_step(recording)
    truth = truth_step(recording, spec, weights)
    nwb = nwb_step(recording, truth)
    analysis, ceilings = analysis_step(recording, truth), ceilings_step(recording, truth)
    steps = [spec, *weights, truth, nwb, *analysis, *ceilings]
    if until == "build":
        return steps
    methods = method_steps(recording, nwb, asked_for)
    steps += methods
    if until == "fit":
        return steps
    scores = scores_step(recording, truth, methods, analysis, ceilings)
    claims = claims_step(recording, scores, analysis)
    shown = [nwb, scores, *analysis, *ceilings, *methods, *claims]
    return [*steps, scores, *claims, report_step(recording, spec, shown)]
