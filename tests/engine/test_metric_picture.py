"""Pictures of metrics: what fools a metric is found out by another one beside it."""

from functools import cache

import numpy as np
import pytest
from PIL import Image

from ctdspec.engine.metric_picture import draw_metrics, made_truth, scored
from ctdspec.engine.metric_studies import STUDIES
from ctdspec.errors import UsageError
from ctdspec.metrics.truth import Truth
from ctdspec.pages.metric_picture import ScoredAnswers, write_metric_picture


@cache
def truth(name: str) -> Truth:
    return made_truth(name)


@cache
def found(name: str) -> ScoredAnswers:
    return scored(STUDIES[name], truth(STUDIES[name].data))


SLOW = [
    pytest.param(name, marks=pytest.mark.slow) for name in STUDIES if name not in ("flow", "fixed_points")
]


@pytest.mark.parametrize("name", ["flow", "fixed_points", *SLOW])
def test_the_truth_is_best_and_who_fools_a_metric_is_found_out(name):
    seen = found(name)
    for answer in seen.answers:
        ways = {metric: seen.nearness(metric, value) for metric, value in answer.scores.items()}
        assert set(answer.scores) == set(STUDIES[name].metrics), answer.name
        if answer.name == "truth":
            # Halves of the truth are compared in some; those of the oracle are the same halves.
            assert all(way > 0.99 for way in ways.values()), ways
        worst = min(way for way in ways.values() if not np.isnan(way))
        for metric in answer.fooled:
            assert ways[metric] > worst + 0.2, (answer.name, metric, ways)


def test_nearness_is_between_chance_and_the_truth():
    seen = ScoredAnswers("", "", ["a"], [], {"a": 0.8}, {"a": 0.2})
    assert seen.nearness("a", 0.5) == pytest.approx(0.5)
    assert ScoredAnswers("", "", ["a"], [], {"a": 4.0}, {"a": 4.1}, True).nearness("a", 2.0) == 0.5
    same = ScoredAnswers("", "", ["a"], [], {"a": 1.0}, {"a": 1.0})
    assert (same.nearness("a", 1.0), same.nearness("a", 0.9)) == (1, 0)


def test_a_picture_shows_its_answers(tmp_path):
    for file in ("a.png", "b.png"):
        write_metric_picture(tmp_path / file, found("flow"))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image.convert("RGB"), int)
    red = (pixels[..., 0] > 180) & (pixels[..., 1] < 80) & (pixels[..., 2] < 80)
    assert red.sum() > 500, "frames of what is fooled"


def test_an_unknown_picture_is_told(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'states'"):
        draw_metrics(["flow", "state"], tmp_path / "to")
    assert not (tmp_path / "to").exists()
