"""From one spec to the points of its search."""

import numpy as np
import pytest
from ruamel.yaml import YAML
from scipy import stats

from ctdspec.benchmark import load, recipe_yaml, resolved_yaml
from ctdspec.spec.digest import digest
from ctdspec.spec.node import NAME
from ctdspec.spec.problem import SpecError

FLOOR, WIDTHS = "data_models.smoothing.floor_hz", "data_models.smoothing.widths_s"
SEARCH = {
    "kind": "random",
    "draws": 4,
    "over": {FLOOR: {"log_uniform": [0.01, 1.0]}, WIDTHS: {"choices": [[0.02], [0.05]]}},
    "goal": {"metric": "val_co_bps", "of": "smoothing"},
}


@pytest.fixture
def searched(tree):
    """Load the base spec with smoothing, a search and other keys."""

    def make(search=SEARCH, **keys):
        document = {
            "use": "base",
            "data_models": [{"use": "data_models/smoothing"}, {"use": "data_models/gru_sae"}],
            "search": search,
            **keys,
        }
        path = tree.folder / "searched.yaml"
        with path.open("w") as file:
            YAML().dump(document, file)
        return load(path)

    return make


def values(benchmark, path=FLOOR):
    return [point.values[path] for point in benchmark.named_points]


def test_every_draw_is_taken_with_every_point_of_the_sweep(searched):
    benchmark = searched(sweep={"seed": [0, 1]})
    points = list(benchmark.named_points)
    assert benchmark.n_points == len(points) == len(benchmark.recordings) == 8
    assert [point.label for point in points[:3]] == [
        f"draw_000{d}__seed_{s}" for d, s in ((0, 0), (0, 1), (1, 0))
    ]
    assert all(NAME.fullmatch(point.label) and len(point.label) <= 64 for point in points)
    assert list(points[2].names) == ["draw", FLOOR, WIDTHS, "seed"]
    assert [point.names["draw"] for point in points] == [0, 0, 1, 1, 2, 2, 3, 3]
    for point, recording in zip(points, benchmark.recordings, strict=True):
        smoothing = recording.data_models[0]
        assert (smoothing.floor_hz, smoothing.widths_s) == (point.values[FLOOR], point.values[WIDTHS])
        assert recording.seed == point.values["seed"]
        assert recording.search is None


def test_more_draws_and_more_paths_change_none(searched):
    few = searched()
    more = {
        **SEARCH,
        "draws": 9,
        "over": {**SEARCH["over"], "data_models.smoothing.offset_hz": {"uniform": [1, 5]}},
    }
    assert values(searched(more))[:4] == values(few)
    assert values(searched(more), WIDTHS)[:4] == values(few, WIDTHS)
    assert values(searched(more, seed=8))[:4] != values(few)


def test_draws_follow_their_law(searched):
    # Of 400 draws; a law whose distribution function is off by 0.1 somewhere is found in 19 of 20 cases.
    found = values(searched({**SEARCH, "draws": 400}))
    assert stats.kstest(found, stats.loguniform(0.01, 1.0).cdf).pvalue > 0.001
    assert len(set(found)) > 350
    floors, widths = np.array(found), np.array(values(searched({**SEARCH, "draws": 400}), WIDTHS))[:, 0]
    assert abs(stats.spearmanr(floors, widths).statistic) < 0.17


def test_proposals_come_after_those_at_random_and_stay_in_the_resolved_spec(searched, tree):
    optuna = {**SEARCH, "kind": "optuna", "at_random": 2}
    benchmark = searched(optuna)
    assert values(benchmark) == values(searched())[:2]
    assert (benchmark.n_points, benchmark.search.is_open(benchmark.seed)) == (4, True)
    drawn = [{FLOOR: 0.1 * (number + 1), WIDTHS: [0.05]} for number in range(3)]
    grown = benchmark.model_copy(update={"search": benchmark.search.model_copy(update={"drawn": drawn})})
    again = load(tree.write("again", resolved_yaml(grown)))
    assert values(again) == [draw[FLOOR] for draw in drawn]
    assert digest(again) == digest(grown) != digest(benchmark)


def test_a_search_is_no_part_of_the_recipe_and_its_points_claim_nothing(searched):
    claims = [{"metric": "co_bps", "of": "smoothing", "above": "chance"}]
    benchmark = searched(claims=claims)
    assert "search" not in recipe_yaml(benchmark)
    assert all(point.claims is None for point in benchmark.points)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"over": {"data_models.smoothing.flor": {"uniform": [0, 1]}}}, "did you mean 'floor_hz'"),
        ({"over": {"data_models.smothing.floor_hz": {"uniform": [0, 1]}}}, "did you mean 'smoothing'"),
        ({"over": {FLOOR: {"uniform": [-1, 1]}}}, r"out of range \(found -1"),
        ({"over": {WIDTHS: {"choices": [[0.1], []]}}}, r"choices\[1\]"),
        ({"over": {"observation.rates.mean_hz": {"uniform": [1, 2]}}}, "only settings of data models"),
        ({"over": {"seed": {"integers": [1, 2]}}}, "only settings of data models"),
        ({"over": {}}, "out of range"),
        ({"goal": {"metric": "val_co_bps", "of": "smothing"}}, "did you mean 'smoothing'"),
        ({"goal": {"metric": "val_co_bps", "of": "gru"}}, "write `optional: null`"),
        ({"goal": {"metric": "co_bps", "of": "smoothing"}}, "not one of the allowed values"),
        ({"at_random": 2}, "leave the key out"),
        ({"kind": "optuna"}, "how many draws come before"),
        ({"draws": 10_001}, "out of range"),
        ({"drawn": [{FLOOR: 0.1}]}, "other paths than `over`"),
    ],
)
def test_what_cannot_be_searched_is_refused(searched, keys, message):
    with pytest.raises(SpecError, match=message):
        searched({**SEARCH, **keys})


def test_what_is_swept_is_not_searched_too(searched):
    with pytest.raises(SpecError, match="it is swept too"):
        searched(sweep={FLOOR: [0.1, 0.2]})
    with pytest.raises(SpecError, match=r"it lies in data_models\.smoothing\.readout"):
        searched(
            {**SEARCH, "over": {"data_models.smoothing.readout.fit_bins": {"integers": [10, 20]}}},
            sweep={"data_models.smoothing.readout": [{"ridges": [0.1], "fit_bins": 20}]},
        )
    with pytest.raises(SpecError, match="the draws have 12000 points"):
        searched({**SEARCH, "draws": 6000}, sweep={"seed": [0, 1]})


def test_a_goal_needs_held_out_neurons(searched, tree):
    observation = load(tree.folder / "base.yaml").observation.model_dump(mode="json", exclude_none=True)
    observation["neurons"] |= {"held_out": 0}
    with pytest.raises(SpecError, match="needs spikes of held-out neurons"):
        searched(observation=observation)
