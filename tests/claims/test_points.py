"""Claims over the points of a sweep."""

import numpy as np
import pytest

from ctdspec.claims.claim import Claim
from ctdspec.claims.points import SweptPoint, groups, judge_points

NOISE = np.random.default_rng(2).normal(size=(12, 40))
RISING = Claim(metric="co_bps", of="gru", increasing_along="units")
FALLING = Claim(metric="co_bps", of="gru", decreasing_along="units")


@pytest.fixture
def points(evidence):
    """Make points with units 2, 4, 8, … whose scores have the given means, for each of some seeds."""

    def make(means, seeds=(0,), sd=0.1, **fixed):
        return [
            SweptPoint(
                f"units_{2**number}__seed_{seed}",
                {"units": 2**number, "seed": seed, **fixed},
                evidence(number, gru=mean + sd * NOISE[number + 4 * seed], other=mean + NOISE[number] - 5),
            )
            for seed in seeds
            for number, mean in enumerate(means)
        ]

    return make


@pytest.mark.parametrize(
    ("means", "rising", "falling"),
    [
        ((0, 1, 2, 3), "holds", "fails"),
        ((3, 2, 1, 0), "fails", "holds"),
        ((0, 1, 1, 2), "holds", "fails"),
        ((0, 3, 1, 4), "fails", "fails"),
        ((1, 1, 1, 1), "undecided", "undecided"),
    ],
)
def test_trends(points, means, rising, falling):
    for claim, verdict in ((RISING, rising), (FALLING, falling)):
        [judged] = judge_points([claim], points(means))
        assert judged.verdict == verdict, judged.why


def test_the_order_of_the_points_does_not_matter(points):
    assert judge_points([RISING], points((0, 1, 2))[::-1])[0].verdict == "holds"


def test_a_small_step_back_prevents_nothing(points):
    [judged] = judge_points([RISING], points((0, 1, 0.995, 2)))
    assert judged.verdict == "holds"


def test_seeds_that_disagree_leave_a_trend_open(points):
    rises, falls = points((0, 1, 2), seeds=(0,)), points((2.2, 1, 0.4), seeds=(1,))
    [judged] = judge_points([RISING], rises + falls)
    assert judged.found[0].n_seeds == 2
    assert judged.found[0].seeds_low < 0 < judged.found[0].seeds_high
    assert judged.verdict == "undecided"


def test_trends_are_judged_for_every_value_of_the_other_paths(points):
    judged = judge_points([RISING], points((0, 1), noise="a") + points((1, 0), noise="b"))
    assert {each.where: each.verdict for each in judged} == {"noise = a": "holds", "noise = b": "fails"}


def test_points_that_differ_in_their_seed_belong_together(points):
    found = groups(points((0, 1), seeds=(0, 1, 2)), "seed")
    assert {same: [point.values["seed"] for point in some] for same, some in found.items()} == {
        "units = 1": [0, 1, 2],
        "units = 2": [0, 1, 2],
    }


def test_a_claim_about_one_dataset_is_judged_everywhere_and_over_seeds(points):
    claim = Claim(metric="co_bps", of="gru", at_least=0.5)
    everywhere, *over_seeds = judge_points([claim], points((0, 1), seeds=(0, 1, 2)))
    assert (everywhere.where, everywhere.verdict) == ("every point", "fails")
    assert "holds in 3, fails in 3 (units_1__seed_0, units_1__seed_1, units_1__seed_2)" in everywhere.why
    assert {each.where: each.verdict for each in over_seeds} == {"units = 1": "fails", "units = 2": "holds"}
    assert len(judge_points([claim], points((0, 1)))) == 1, "a single seed says nothing over seeds"


def test_draws_of_a_system_are_repetitions_like_seeds(evidence):
    points = [
        SweptPoint(f"draw_{draw}", {"system.draw": draw}, evidence(draw, gru=0.1 + draw + 0.1 * NOISE[draw]))
        for draw in range(4)
    ]
    claim = Claim(metric="co_bps", of="gru", at_least=0.9, holds_in=0.75)
    [judged] = judge_points([claim], points)
    assert (judged.verdict, judged.found[0].value) == ("holds", 0.75)


def named(evidence, **values):
    return [
        SweptPoint(f"system_{name}", {"system": name}, evidence(facts={"robustness": value}))
        for name, value in values.items()
    ]


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ({"increasing_along": "system"}, "holds"),
        ({"increasing_along": "system", "by": 25}, "holds"),
        ({"increasing_along": "system", "by": 35}, "fails"),
        ({"decreasing_along": "system"}, "fails"),
        ({"decreasing_along": "system", "by": 1}, "fails"),
    ],
)
def test_a_trend_may_be_along_names_as_they_are_listed_and_of_a_least_size(evidence, keys, verdict):
    claim = Claim(metric="robustness", of="truth", **keys)
    [judged] = judge_points([claim], named(evidence, wise=10, bold=40))
    assert judged.verdict == verdict, judged.why
    [mirrored] = judge_points([claim], named(evidence, bold=40, wise=10))
    assert mirrored.verdict == ("fails" if "increasing_along" in keys else "holds")


def test_the_words_name_the_ends_and_the_margin(evidence):
    claim = Claim(metric="robustness", of="truth", increasing_along="system", by=25)
    assert str(claim) == "robustness of truth rises with system by 25 or more"
    [judged] = judge_points([claim], named(evidence, wise=10, bold=40))
    assert "rise from wise to bold" in judged.why


def test_the_margin_of_a_trend_is_from_its_first_value_to_its_last(points):
    for by, verdict in ((1.8, "holds"), (2.5, "fails")):
        claim = Claim(metric="co_bps", of="gru", increasing_along="units", by=by)
        assert judge_points([claim], points((0, 1, 2)))[0].verdict == verdict
