"""Drawing metrics: answers that are made from the truth, scored by the metrics themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ctdspec.engine.metric_studies import STUDIES
from ctdspec.engine.metric_study import Study
from ctdspec.engine.named_pictures import draw_named
from ctdspec.engine.run import build
from ctdspec.engine.truth import read_truth
from ctdspec.metrics.score import estimates, reference_estimates
from ctdspec.metrics.truth import Truth
from ctdspec.pages.metric_picture import ScoredAnswer, ScoredAnswers
from ctdspec.resources import shipped
from ctdspec.store.layout import DatasetFolder
from ctdspec.track import Track, silent
from ctdspec.trials import last_bins

_SEED = 0


def draw_metrics(names: Sequence[str], to: Path, track: Track = silent) -> list[Path]:
    """Draw pictures of metrics as ``<name>.png`` in a folder, and give the paths.

    Raises
    ------
    UsageError
        If there is no such picture; nothing is drawn then.
    """
    from ctdspec.pages.metric_picture import write_metric_picture

    truths: dict[str, Truth] = {}

    def draw(path: Path, study: Study) -> None:
        if study.data not in truths:
            truths[study.data] = made_truth(study.data)
        write_metric_picture(path, scored(study, truths[study.data]))

    return draw_named("metrics", STUDIES, names, to, track, draw)


def made_truth(name: str) -> Truth:
    """Build the data of a spec under specs/pictures, and give their truth."""
    with TemporaryDirectory(prefix="ctdspec-") as folder:
        made = build(shipped("specs") / "pictures" / f"{name}.yaml", folder)
        return read_truth(DatasetFolder(made))


def scored(study: Study, truth: Truth) -> ScoredAnswers:
    """Score the contenders of a study."""
    if study.forward_s > 0:
        test = truth.splits["test"]
        ahead = last_bins(test.valid, round(study.forward_s / truth.bin_s))
        test = replace(test, valid=test.valid & ~ahead, forward=ahead)
        truth = replace(truth, splits={**truth.splits, "test": test})
    references = reference_estimates(truth, study.metrics, _SEED)
    answers = []
    for name, contender in study.contenders.items():
        answer, model = contender.answer(name, truth), contender.model(truth)
        found = estimates(answer, truth, study.metrics, _SEED, model)
        drawn = study.draw(truth, contender, name)
        scores = {metric: estimate.value for metric, estimate in found.items()}
        fooled = contender.fooled & set(study.metrics)
        answers.append(ScoredAnswer(name, drawn.at, drawn.true, drawn.answered, scores, fooled))
    ceiling, chance = (
        {metric: estimate.value for metric, estimate in one.items()}
        for one in (references.ceiling, references.chance)
    )
    return ScoredAnswers(study.shown, study.along, study.metrics, answers, ceiling, chance, study.describes)
