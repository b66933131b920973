"""The shipped scorecards, and what is none."""

import pytest
from pydantic import ValidationError

from ctdspec.metrics.catalogue import METRICS
from ctdspec.results.scorecard import TRACKS, Scorecard, read_scorecard, scorecards


@pytest.mark.parametrize("track", TRACKS)
def test_shipped_scorecards_are_whole(track):
    card = read_scorecard(track)
    assert card.scorecard == track
    assert next(iter(card.metrics)) == card.headline
    assert set(card.metrics) <= set(METRICS)


def test_a_track_is_judged_by_all_that_it_holds():
    assert list(scorecards("R")) == ["R"]
    assert list(scorecards("D")) == ["R", "S", "D"]


def test_rates_are_judged_by_what_every_answer_has():
    for metric in read_scorecard("R").metrics:
        assert not {"states", "inputs"} & METRICS[metric].needs


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"headline": "rate_r3"}, "headline"),
        ({"metrics": {"rate_r3": "for no reason at all"}}, "no metric 'rate_r3'"),
        ({"metrics": {"rate_r2": "short"}}, "at least 10"),
        ({"weights": [1]}, "weights"),
    ],
)
def test_what_is_no_scorecard_is_refused(change, says):
    fields = read_scorecard("R").model_dump() | change
    with pytest.raises(ValidationError, match=says):
        Scorecard.model_validate(fields)
