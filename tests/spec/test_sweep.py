"""From one spec to its points."""

import time

import pytest
from ruamel.yaml import YAML

from ctdspec.benchmark import load, recipe_yaml, resolved_yaml
from ctdspec.spec.digest import digest
from ctdspec.spec.node import NAME
from ctdspec.spec.problem import SpecError
from ctdspec.spec.sweep import grid, n_points

SWEEP = {
    "observation.neurons.held_in": [20, 30],
    "data_models.smoothing.floor_hz": [0.1, 1e-05],
    "observation.noise": [{"kind": "poisson"}, {"kind": "negative_binomial", "fano": 1.5}],
    "seed": [0, 1, 2],
}


@pytest.fixture
def swept(tree):
    """Load the base spec with smoothing and other keys."""

    def make(**keys):
        document = {"use": "base", "data_models": [{"use": "data_models/smoothing"}], **keys}
        path = tree.folder / "swept.yaml"
        with path.open("w") as file:
            YAML().dump(document, file)
        return load(path)

    return make


def test_points_are_all_combinations_with_names_for_folders(swept):
    benchmark = swept(sweep=SWEEP)
    points = list(grid(SWEEP))
    assert len(points) == n_points(SWEEP) == len(benchmark.recordings) == 24
    labels = [point.label for point in points]
    assert len(set(labels)) == 24
    assert labels[0] == "held_in_20__floor_hz_0p1__noise_poisson__seed_0"
    assert labels[-1] == "held_in_30__floor_hz_1em05__noise_negative_binomial__seed_2"
    assert all(NAME.fullmatch(label) and len(label) <= 64 for label in labels)
    assert [each.folder for each in benchmark.recordings] == [f"base/points/{label}" for label in labels]


def test_a_point_is_what_someone_would_have_written(swept):
    found = swept(sweep=SWEEP).recordings[-1]
    smoothing = {"use": "data_models/smoothing", "floor_hz": 1e-05}
    written = swept(
        observation={
            "neurons": {"held_in": 30, "held_out": 10},
            "embedding": {"kind": "permutation"},
            "rates": {"kind": "exp", "mean_hz": 10, "gain": 0.8, "across": "neuron", "mean_log_sd": 0.8},
            "noise": {"kind": "negative_binomial", "fano": 1.5},
        },
        data_models=[smoothing],
        seed=2,
        point=found.point,
    )
    assert digest(found) == digest(written)


def test_points_share_what_no_path_leads_into_and_leave_the_rest_alone(swept):
    benchmark = swept(
        data_models=[{"use": "data_models/smoothing"}, {"use": "data_models/factor_analysis"}],
        sweep={"observation.rates.mean_hz": [7.0, 8.0], "data_models.smoothing.floor_hz": [0.25]},
    )
    before = digest(benchmark)
    points = benchmark.points
    assert [point.observation.rates.mean_hz for point in points] == [7.0, 8.0]
    for point in points:
        assert point.observation.noise is benchmark.observation.noise
        assert point.data_models[1] is benchmark.data_models[1]
        assert point.data_models[0].model_dump()["floor_hz"] == 0.25
    assert benchmark.observation.rates.mean_hz not in (7.0, 8.0)
    assert benchmark.data_models[0].model_dump()["floor_hz"] != 0.25
    assert digest(benchmark) == before


def test_what_is_judged_and_swept_is_no_part_of_the_recipe(swept):
    claims = [{"metric": "co_bps", "of": "smoothing", "above": "chance"}]
    plain = swept()
    (point,) = swept(claims=claims, sweep={"data_models.smoothing.floor_hz": [0.5]}).points
    assert recipe_yaml(point) == recipe_yaml(plain)
    assert digest(point) != digest(plain)


def test_points_keep_the_claims_that_they_can_judge(swept):
    claims = [
        {"metric": "co_bps", "of": "smoothing", "above": "chance"},
        {"metric": "co_bps", "of": "smoothing", "above": "chance", "holds_in": 0.5},
        {"metric": "co_bps", "of": "smoothing", "increasing_along": "trials.train"},
    ]
    benchmark = swept(claims=claims, sweep={"trials.train": [8, 16], "seed": [0, 1]})
    assert all(point.sweep is None and len(point.claims or []) == 1 for point in benchmark.points)


def test_the_resolved_spec_has_the_same_points(swept, tree):
    benchmark = swept(sweep=SWEEP)
    again = load(tree.write("again", resolved_yaml(benchmark)))
    assert digest(again) == digest(benchmark)
    assert again.recordings == benchmark.recordings


def test_labels_that_would_be_too_long_or_not_differ_are_numbers(swept):
    long = {f"observation.rates.{name}": [1 / 3, 2 / 3] for name in ("mean_hz", "gain", "mean_log_sd")}
    assert [point.label for point in grid(long)][:2] == ["point_00000", "point_00001"]
    assert [point.label for point in grid({"a.b": ["x y", "x-y"]})] == ["b_0", "b_1"]
    assert [point.label for point in grid({"a.x": [1], "b.x": [2]})] == ["a_x_1__b_x_2"]


def test_mappings_go_by_their_name_or_kind_where_these_differ():
    systems = [{"kind": "a", "name": "calm"}, {"kind": "a", "name": "wild"}]
    points = list(grid({"system": systems, "seed": [0]}))
    assert [point.label for point in points] == ["system_calm__seed_0", "system_wild__seed_0"]
    assert [point.values["system"] for point in points] == systems
    assert [dict(point.names) for point in points] == [
        {"system": "calm", "seed": 0},
        {"system": "wild", "seed": 0},
    ]
    noises = [{"kind": "gamma", "order": order} for order in (2, 3)]
    assert [point.names["noise"] for point in grid({"noise": noises})] == ["0", "1"]
    assert [point.label for point in grid({"noise": noises})] == ["noise_0", "noise_1"]


def test_sessions_are_one_of_a_point(swept):
    sessions = {"names": ["a", "b"], "shared": 0.5, "embedding_change": 0, "rate_change_log_sd": 0}
    observation = swept().observation.model_dump(mode="json", exclude_none=True) | {"sessions": sessions}
    with pytest.raises(SpecError, match="a point of a sweep is one dataset"):
        swept(observation=observation, sweep={"seed": [0, 1]})
    chosen = swept(observation=observation, sweep={"session": ["a", "b"]})
    assert [each.folder for each in chosen.recordings] == [
        "base/points/session_a/ses-a",
        "base/points/session_b/ses-b",
    ]


def test_ten_times_the_points_are_checked_in_about_ten_times_the_time(swept):
    """A comparison of each point with each would take a hundred times as long."""

    def check_s(n_seeds: int) -> float:
        start = time.process_time()
        benchmark = swept(
            sweep={"observation.neurons.held_in": list(range(20, 70)), "seed": list(range(n_seeds))}
        )
        assert n_points(benchmark.sweep) == 50 * n_seeds
        return time.process_time() - start

    check_s(2)
    assert check_s(100) < 40 * check_s(10)


def test_a_path_of_one_step_that_leads_nowhere_is_a_problem(swept):
    with pytest.raises(SpecError, match="unknown key"):
        swept(sweep={"wishes": [1, 2]})
