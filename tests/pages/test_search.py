"""What the page of a search reads and draws."""

import json

import pytest

from ctdspec.errors import DatasetError
from ctdspec.pages.figures.tried import draw_tried
from ctdspec.pages.search import MOST_DRAWS, read_search
from ctdspec.spec.search import Search

RATE, CELL = "data_models.gru.fitting.learning_rate", "data_models.gru.cell"
SEARCH = Search.model_validate(
    {
        "kind": "random",
        "draws": 60,
        "over": {
            RATE: {"log_uniform": [1e-4, 1e-2]},
            CELL: {"choices": [{"kind": "gru", "units": 8}, {"kind": "gru", "units": 16}]},
        },
        "goal": {"metric": "val_co_bps", "of": "gru"},
    }
)


def written(path, values):
    draws = [
        {"draw": number, RATE: 1e-4 * (number + 1), CELL: str(number % 2), "value": value, "points": []}
        for number, value in enumerate(values)
    ]
    path.write_text(json.dumps({"goal": {}, "best": 1, "draws": draws}))
    return path


def test_draws_are_listed_from_the_best_to_those_without_an_answer(tmp_path):
    found = read_search(written(tmp_path / "search.json", [0.1, 0.3, None, -0.2]), SEARCH)
    assert ([draw["draw"] for draw in found.draws], found.best) == ([1, 0, 3, 2], 1)
    assert found.laws[RATE] == "a number (log-uniform) from 0.0001 to 0.01"
    [picture] = found.pictures
    assert "in 3 draws: the most, 0.3, at 0.0002; the least, -0.2, at 0.0004" in picture.alt


def test_most_draws_are_enough_for_a_page(tmp_path):
    found = read_search(written(tmp_path / "search.json", [0.01 * number for number in range(60)]), SEARCH)
    assert len(found.draws) == MOST_DRAWS
    assert found.draws[0]["draw"] == 59


def test_a_damaged_file_is_said_to_be(tmp_path):
    path = tmp_path / "search.json"
    for text in ("{", "[]", '{"best": 0}'):
        path.write_text(text)
        with pytest.raises(DatasetError, match="run the benchmark again"):
            read_search(path, SEARCH)


def test_the_ring_is_around_the_best():
    figure = draw_tried([0.001, 0.01, 0.1], [0.2, 0.5, 0.3], 1, ("rate", "bits"), True)
    [axes] = figure.axes
    ring, dots = axes.lines
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([0.01], [0.5])
    assert ring.get_markersize() > dots.get_markersize()
    assert (axes.get_xscale(), len(dots.get_xdata())) == ("log", 3)
