"""Which results share a table, and in which order."""

import pytest

from ctdspec.errors import DatasetError
from ctdspec.results.board import boards
from ctdspec.results.result import Answered, Result
from ctdspec.results.score_record import ScoreRecord


def result(method: str, value: float | None, **about) -> Result:
    """An answer of rates, known by its headline."""
    resamples = [] if value is None else [value - 0.01, value, value + 0.01, value - 0.005, value + 0.005]
    row = ScoreRecord(
        metric="rate_r2", version=about.pop("version", 1), method=method, split="test", value=value,
        low=None if value is None else value - 0.01, high=None if value is None else value + 0.01,
        ceiling=1.0, chance=-1.0, normalised=value, n_trials=5, n_bootstrap=5, note="",
    )  # fmt: skip
    answered = Answered(
        benchmark="b", title="B", dataset=about.pop("dataset", "d" * 64), private=False, recipe="e" * 64,
        n_trials=5, n_bins=10, bin_s=0.01, n_neurons=3, n_held_out=1,
    )  # fmt: skip
    fields = {
        "track": "R", "given_inputs": False, "parameters": {}, "submission": f"{sum(map(ord, method)):064x}",
        "profile": "submission", "warnings": [], "partial": False, "missing": [], "scores": [row],
        "resamples": {"rate_r2": resamples} if resamples else {}, "versions": {}, "platform": {},
    } | about  # fmt: skip
    return Result(answered=answered, method=method, **fields)


def names(results: list[Result]) -> list[list[str]]:
    return [[standing.result.method for standing in board.standings] for board in boards(results)]


def test_the_best_comes_first_and_what_is_not_defined_last():
    found = boards([result("poor", 0.1), result("undefined", None), result("good", 0.9)])[0]
    assert [standing.result.method for standing in found.standings] == ["good", "poor", "undefined"]
    assert [standing.place and standing.place.rank for standing in found.standings] == [1, 2, None]


def test_datasets_and_givens_have_tables_of_their_own():
    results = [result("a", 0.5), result("b", 0.5, given_inputs=True), result("c", 0.5, dataset="f" * 64)]
    assert names(results) == [["a"], ["b"], ["c"]]


def test_an_answer_is_in_the_tables_of_the_tracks_that_it_holds():
    found = boards([result("rates", 0.5), result("states", 0.4, track="S")])
    assert [(board.scorecard.scorecard, len(board.standings)) for board in found] == [("R", 2), ("S", 1)]


def test_a_difference_is_known_from_either_side():
    board = boards([result("a", 0.5), result("b", 0.2)])[0]
    forth, back = board.difference("a", "b"), board.difference("b", "a")
    assert forth is not None
    assert back is not None
    assert forth.difference.value == -back.difference.value == pytest.approx(0.3)
    assert (forth.difference.low, forth.difference.high) == (-back.difference.high, -back.difference.low)
    assert forth.p_holm == back.p_holm


def test_what_cannot_be_compared_is_not():
    with pytest.raises(DatasetError, match="two results are of the method a"):
        boards([result("a", 0.5), result("a", 0.6)])
    with pytest.raises(DatasetError, match="score all of them again"):
        boards([result("a", 0.5), result("b", 0.6, version=2)])
