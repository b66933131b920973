"""The tables of a leaderboard: who answered what, in which order, and who can be told apart."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ctdspec.errors import DatasetError
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.comparison import Comparison
from ctdspec.results.groups import Pair, Place, compare_all, places
from ctdspec.results.result import Answered, Result
from ctdspec.results.score_record import ScoreRecord
from ctdspec.results.scorecard import TRACKS, Scorecard, TrackName, read_scorecard


@dataclass(frozen=True)
class Standing:
    """A method in a table.

    Attributes
    ----------
    result : Result
    place : Place, optional
        None where the headline is not defined for this answer.
    rows : mapping
        Its scores by the metrics of the table.
    """

    result: Result
    place: Place | None
    rows: Mapping[str, ScoreRecord]


@dataclass(frozen=True)
class Board:
    """One table: the answers of one track to one dataset, from methods that knew as much.

    Attributes
    ----------
    answered : Answered
        The dataset.
    scorecard : Scorecard
    given_inputs : bool
        Whether these methods were shown the stimulus.
    metrics : sequence of str
        Those of the scorecard that any answer has, the headline first.
    standings : sequence of Standing
        The best first.
    comparisons : mapping
        The headline's difference of every two methods, first minus second.
    """

    answered: Answered
    scorecard: Scorecard
    given_inputs: bool
    metrics: Sequence[str]
    standings: Sequence[Standing]
    comparisons: Mapping[Pair, Comparison]

    @property
    def headline(self) -> str:
        """The metric that ranks."""
        return self.scorecard.headline

    def difference(self, method: str, other: str) -> Comparison | None:
        """Give by how much a method's headline exceeds another's, corrected for all pairs of the table."""
        if (found := self.comparisons.get((method, other))) is not None:
            return found
        found = self.comparisons.get((other, method))
        return None if found is None else _reversed(found)


def boards(results: Iterable[Result]) -> list[Board]:
    """Give the tables of scored submissions: by benchmark, track, and whether inputs were given.

    An answer is in the table of its own track and of those that it holds: states come with rates.

    Raises
    ------
    DatasetError
        If two results are of one method, or scores of one table are not of the same definition.
    """
    tables: dict[tuple[str, str, str, bool], list[Result]] = defaultdict(list)
    for result in sorted(results, key=lambda result: result.method):
        for track in TRACKS[: TRACKS.index(result.track) + 1]:
            answered = result.answered
            name = f"{answered.benchmark}/{answered.session or ''}"
            tables[name, answered.dataset, track, result.given_inputs].append(result)
    order = sorted(tables, key=lambda key: (key[0], key[1], TRACKS.index(_track(key[2])), key[3]))
    return [_board(_track(key[2]), tables[key]) for key in order]


def _track(name: str) -> TrackName:
    return next(track for track in TRACKS if track == name)


def _board(track: TrackName, results: Sequence[Result]) -> Board:
    card = read_scorecard(track)
    _ensure_comparable(results)
    metrics = [metric for metric in card.metrics if any(result.row(metric) for result in results)]
    metrics.sort(key=lambda metric: metric != card.headline)
    ordered = sorted(results, key=lambda result: _badness(result, card.headline))
    estimates: dict[str, Estimate] = {
        result.method: found for result in ordered if (found := result.estimate(card.headline)) is not None
    }
    comparisons = compare_all(estimates)
    place = places(list(estimates), comparisons)
    standings = [
        Standing(
            result,
            place.get(result.method),
            {row.metric: row for row in result.scores if row.metric in metrics},
        )
        for result in ordered
    ]
    answered, given_inputs = results[0].answered, results[0].given_inputs
    return Board(answered, card, given_inputs, metrics, standings, comparisons)


def _badness(result: Result, metric: str) -> float:
    """Give a number that is lower for better answers; what is not defined comes last."""
    row = result.row(metric)
    if row is None or row.value is None:
        return math.inf
    return -row.value if METRICS[metric].direction == "higher" else row.value


def _ensure_comparable(results: Sequence[Result]) -> None:
    seen: dict[str, Result] = {}
    for result in results:
        if result.method in seen:
            raise DatasetError(
                f"{result.answered.benchmark}: two results are of the method {result.method}; keep one of"
                " them, or rename a method and score it again"
            )
        seen[result.method] = result
    versions: dict[str, int] = {}
    for result in results:
        for row in result.scores:
            if versions.setdefault(row.metric, row.version) != row.version:
                raise DatasetError(
                    f"{result.answered.benchmark}: {row.metric} of {result.method} is of version"
                    f" {row.version}, that of others of {versions[row.metric]}; score all of them again"
                )


def _reversed(found: Comparison) -> Comparison:
    difference = found.difference
    resamples = None if difference.resamples is None else -difference.resamples
    return Comparison(
        Estimate(-difference.value, -difference.high, -difference.low, resamples), found.p, found.p_holm
    )
