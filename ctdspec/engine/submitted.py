"""Scoring what someone else handed in: what validation refuses is not scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ctdspec.benchmark import Benchmark, load, recipe_yaml
from ctdspec.checks.finding import Verdict
from ctdspec.engine.hidden import read_hidden
from ctdspec.engine.truth import read_truth
from ctdspec.engine.validate import judge
from ctdspec.errors import SubmissionError
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.score import References, Score, reference_estimates
from ctdspec.metrics.score import score as score_answer
from ctdspec.metrics.truth import Truth
from ctdspec.results.result import Answered, Result, Warned, kept_resamples
from ctdspec.results.score_record import records
from ctdspec.results.scorecard import TRACKS, Scorecard, TrackName, scorecards
from ctdspec.store.digest import file_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import platform_kind, versions
from ctdspec.submissions.answer import Answer
from ctdspec.submissions.file import track


class RefusedError(SubmissionError):
    """A submission that validation refuses; `verdict` has everything that is wrong with it."""

    def __init__(self, path: Path, verdict: Verdict) -> None:
        self.verdict = verdict
        errors = [finding for finding in verdict.findings if finding.severity == "error"]
        count = f"{len(errors)} error{'s' * (len(errors) > 1)}"
        super().__init__("\n".join([f"{path}: not scored: {count}", *map(str, errors)]))


@dataclass(frozen=True)
class Scored:
    """A submission's scores, and what there is to say about them."""

    rows: Sequence[Score]
    result: Result


def score_submission(submission: str | Path, dataset: str | Path, profile: str | None = None) -> Scored:
    """Validate a submission, and score it by the scorecards of its track and the metrics of the spec.

    The numbers depend on the submission and the dataset only. Of the truth, the result holds nothing but what
    the scores say.

    Parameters
    ----------
    submission
        The HDF5 file.
    dataset
        The folder of the dataset that it answers, with its truth.
    profile
        Name or path of the profile to validate by; ``submission`` if not given.

    Raises
    ------
    RefusedError
        If validation finds an error.
    UsageError
        If the profile is not one.
    DatasetError
        If the dataset is incomplete or damaged.
    """
    path, folder = Path(submission), DatasetFolder(Path(dataset))
    judged = judge(path, folder, read_hidden(folder), profile)
    if not judged.verdict.ok:
        raise RefusedError(path, judged.verdict)
    answer, truth, benchmark = judged.evidence.answer, read_truth(folder), load(folder.spec_yaml)
    cards = scorecards(_track(answer))
    metrics = wanted_metrics(cards, benchmark)
    references = reference_estimates(truth, metrics, benchmark.seed)
    rows = score_answer(answer, truth, metrics, benchmark.seed, references)
    missing = missing_metrics(cards, answer, rows, references)
    result = Result(
        answered=_answered(benchmark, truth),
        method=answer.method,
        track=_track(answer),
        given_inputs=answer.given_inputs,
        parameters=dict(answer.parameters),
        submission=file_digest(path),
        profile=judged.verdict.profile,
        warnings=[Warned(code=f.problem.code, place=f.problem.place) for f in judged.verdict.findings],
        partial=bool(missing),
        missing=missing,
        scores=records(rows),
        resamples=kept_resamples(rows),
        versions=versions(),
        platform=platform_kind(),
    )
    return Scored(rows, result)


def wanted_metrics(cards: Mapping[TrackName, Scorecard], benchmark: Benchmark) -> list[str]:
    """Give the metrics that an answer is scored by: those of its scorecards, then the spec's others."""
    listed = [metric for card in cards.values() for metric in card.metrics]
    return list(dict.fromkeys([*listed, *benchmark.metrics]))


def missing_metrics(
    cards: Mapping[TrackName, Scorecard], answer: Answer, rows: Sequence[Score], references: References
) -> list[str]:
    """Give the metrics of the scorecards that the truth has a score of, and the answer has not.

    Who was given the inputs is not asked to infer them.
    """
    scored = {row.metric for row in rows}
    return [
        metric
        for card in cards.values()
        for metric in card.metrics
        if metric in references.ceiling
        and metric not in scored
        and not (answer.given_inputs and "inputs" in METRICS[metric].needs)
    ]


def _track(answer: Answer) -> TrackName:
    return next(name for name in TRACKS if name == track(answer))


def _answered(benchmark: Benchmark, truth: Truth) -> Answered:
    n_trials, n_bins, n_neurons = truth.splits["test"].rates_hz.shape
    return Answered(
        benchmark=benchmark.name,
        title=benchmark.title,
        session=benchmark.session,
        dataset=truth.dataset,
        private=benchmark.private is True,
        recipe=sha256(recipe_yaml(benchmark).encode()).hexdigest(),
        n_trials=n_trials,
        n_bins=n_bins,
        bin_s=truth.bin_s,
        n_neurons=n_neurons,
        n_held_out=int(truth.held_out.sum()),
    )
