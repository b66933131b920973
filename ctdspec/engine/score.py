"""Scoring answers against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ctdspec.atomic import replacing_file, write_text
from ctdspec.benchmark import Benchmark
from ctdspec.engine.ceilings import ceiling_rows
from ctdspec.engine.fit import answered
from ctdspec.engine.step import Cost, Made, Site, Step, new_step
from ctdspec.engine.submitted import score_submission
from ctdspec.engine.truth import read_truth
from ctdspec.metrics.bootstrap import N_RESAMPLES
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.score import Score, reference_estimates
from ctdspec.metrics.score import score as score_answer
from ctdspec.metrics.table import resamples_array, scores_csv, scores_json
from ctdspec.submissions.file import read_answer

VERSION = 1
"""Of the code of this step; see `new_step`."""


def score(submission: str | Path, dataset: str | Path) -> list[Score]:
    """Score a submission against the dataset it answers; see `score_submission`.

    Raises
    ------
    DatasetError
        If the dataset is incomplete.
    SubmissionError
        With everything that is wrong with the submission.
    """
    return list(score_submission(submission, dataset).rows)


def scores_step(
    benchmark: Benchmark,
    truth: Step,
    methods: Sequence[Step],
    analysis: Sequence[Step],
    ceilings: Sequence[Step],
) -> Step:
    """Give the step that scores every data model that answers, and the reference rows."""
    depends_on = {
        "metrics": " ".join(f"{metric}@{METRICS[metric].version}" for metric in benchmark.metrics),
        "methods": " ".join(method.name for method in benchmark.data_models),
        "seed": str(benchmark.seed),
        "resamples": str(N_RESAMPLES),
    }
    needs = [truth, *methods, *analysis, *ceilings]
    cost = Cost(5 + 10 * len(methods), 2e9, 1e6)
    make = partial(_make_scores, benchmark)
    return new_step((benchmark.folder, "scores"), VERSION, depends_on, needs, make, cost)


def _make_scores(benchmark: Benchmark, site: Site) -> Made:
    folder, names = site.folder, answered(benchmark, site.folder)
    truth = read_truth(folder)
    references = reference_estimates(truth, benchmark.metrics, benchmark.seed)
    rows, chance = references.rows(len(truth.splits["test"].valid))
    if benchmark.ceilings is not None:
        best, worst = ceiling_rows(benchmark, benchmark.ceilings, folder, truth, references)
        rows, chance = rows + best, chance + worst
    for name in site.track(names, "scoring", len(names)):
        answer = read_answer(folder.submission(name), truth.expected)
        rows += score_answer(answer, truth, benchmark.metrics, benchmark.seed, references)
    rows += chance
    write_text(folder.scores_csv, scores_csv(rows))
    write_text(folder.scores_json, scores_json(rows))
    with replacing_file(folder.resamples) as new, new.open("wb") as file:
        np.save(file, resamples_array(rows))
    return Made(dict.fromkeys((folder.scores_csv, folder.scores_json, folder.resamples)))
