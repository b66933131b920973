"""Scoring answers against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ctdspec.atomic import replacing_file, write_text
from ctdspec.benchmark import Benchmark
from ctdspec.engine.ceilings import ceiling_rows
from ctdspec.engine.fit import fitted, step_name
from ctdspec.engine.steps import Made, Steps
from ctdspec.engine.submitted import score_submission
from ctdspec.engine.truth import read_truth
from ctdspec.metrics.bootstrap import N_RESAMPLES
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.score import Score, reference_estimates
from ctdspec.metrics.score import score as score_answer
from ctdspec.metrics.table import resamples_array, scores_csv, scores_json
from ctdspec.store.layout import DatasetFolder
from ctdspec.submissions.file import read_answer
from ctdspec.track import Track


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


def score_steps(benchmark: Benchmark, steps: Steps, track: Track) -> None:
    """Score every data model that answered and the reference rows, and write the tables."""
    names = fitted(benchmark, steps)
    depends_on = {
        "truth": steps.digest("truth"),
        "metrics": " ".join(f"{metric}@{METRICS[metric].version}" for metric in benchmark.metrics),
        "seed": str(benchmark.seed),
        "resamples": str(N_RESAMPLES),
        **{name: steps.digest(step_name(name)) for name in names},
    }
    for name in ("analysis", "ceilings"):
        if getattr(benchmark, name) is not None:
            depends_on[name] = steps.digest(name)
    steps.run("scores", depends_on, lambda: _make_scores(benchmark, steps.folder, names, track))


def _make_scores(benchmark: Benchmark, folder: DatasetFolder, names: Sequence[str], track: Track) -> Made:
    truth = read_truth(folder)
    references = reference_estimates(truth, benchmark.metrics, benchmark.seed)
    rows, chance = references.rows(len(truth.splits["test"].valid))
    if benchmark.ceilings is not None:
        best, worst = ceiling_rows(benchmark, benchmark.ceilings, folder, truth, references)
        rows, chance = rows + best, chance + worst
    for name in track(names, "scoring", len(names)):
        answer = read_answer(folder.submission(name), truth.expected)
        rows += score_answer(answer, truth, benchmark.metrics, benchmark.seed, references)
    rows += chance
    write_text(folder.scores_csv, scores_csv(rows))
    write_text(folder.scores_json, scores_json(rows))
    with replacing_file(folder.resamples) as new, new.open("wb") as file:
        np.save(file, resamples_array(rows))
    return Made(dict.fromkeys((folder.scores_csv, folder.scores_json, folder.resamples)))
