"""Scored answers, and the leaderboard that is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ctdspec.engine.leaderboard import leaderboard
from ctdspec.metrics.catalogue import METRICS
from ctdspec.results.result import Answered, Result, Warned, write_result
from ctdspec.results.score_record import ScoreRecord
from ctdspec.results.scorecard import scorecards


def _row(metric: str, value: float, resamples: np.ndarray) -> ScoreRecord:
    low, high = np.percentile(resamples, [2.5, 97.5])
    higher = METRICS[metric].direction == "higher"
    ceiling, chance = (1.0, -0.5) if higher else (0.0, 1.5)
    return ScoreRecord(
        metric=metric, version=1, method="smoothing", split="test", value=value,
        low=float(low), high=float(high),
        ceiling=ceiling, chance=chance, normalised=(value - chance) / (ceiling - chance), n_trials=25,
        n_bootstrap=len(resamples), note="",
    )  # fmt: skip


@pytest.fixture(scope="session")
def result() -> Result:
    """A scored answer of track S that brings no inputs."""
    rng, cards = np.random.default_rng(0), scorecards("S")
    metrics = [metric for card in cards.values() for metric in card.metrics]
    missing = [metric for metric in metrics if "inputs" in METRICS[metric].needs]
    draws = {metric: 0.5 + 0.03 * rng.standard_normal(400) for metric in metrics if metric not in missing}
    return Result(
        answered=Answered(
            benchmark="tiny_3bff", title="A title of a benchmark", dataset="d" * 64, private=False,
            recipe="e" * 64, n_trials=25, n_bins=150, bin_s=0.01, n_neurons=20, n_held_out=5,
        ),
        method="smoothing", track="S", given_inputs=False, parameters={"width_s": 0.1, "grid": [1, 2]},
        submission="f" * 64, profile="submission",
        warnings=[Warned(code="SUB-VAL-005", place="test/rates_hz")],
        partial=True, missing=missing, scores=[_row(name, 0.5, values) for name, values in draws.items()],
        resamples={name: values.tolist() for name, values in draws.items()},
        versions={"python": "3"}, platform={"system": "one"},
    )  # fmt: skip


def changed(result: Result, method: str, shift: float, without: str = "", **about: Any) -> Result:
    """Give a made-up method whose headlines are higher by `shift`, without metrics that need something."""
    scores, resamples = [], {}
    for row in result.scores:
        if without in METRICS[row.metric].needs:
            continue
        by = shift if row.metric in ("rate_r2", "state_score") else 0.0
        moved = {name: getattr(row, name) + by for name in ("value", "low", "high")}
        scores.append(row.model_copy(update={"method": method, **moved}))
        resamples[row.metric] = [value + by for value in result.resamples[row.metric]]
    digest = f"{sum(map(ord, method)):064x}"
    update = {"method": method, "scores": scores, "resamples": resamples, "submission": digest, **about}
    return result.model_copy(update=update)


@pytest.fixture(scope="session")
def results(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scored answers: two that tie, better and worse ones, one that was given inputs."""
    folder = tmp_path_factory.mktemp("results")
    made = [
        result,
        changed(result, "better", 0.2),
        changed(result, "as_good", 0.0),
        changed(result, "was_given_inputs", 0.1, given_inputs=True, partial=False, missing=[]),
        changed(result, "one_of_a_name_that_takes_very_much_room", -0.3, parameters={"<script>": "<b>&"}),
        changed(result, "rates_only", -0.1, without="states", track="R", partial=False, missing=[]),
    ]
    for number, one in enumerate(made):
        write_result(folder / f"{number}.json", one)
    (folder / "leaderboard.yaml").write_text(
        "title: A title\nsubmit: Send it to a@b.example.\n"
        "corrections: [{date: 2026-11-01, text: Scored again.}]\n"
    )
    return folder


@pytest.fixture(scope="session")
def site(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a leaderboard. Read only."""
    return leaderboard(results, tmp_path_factory.mktemp("site") / "site").parent
