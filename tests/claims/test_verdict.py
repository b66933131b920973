"""When an interval decides."""

import pytest

from ctdspec.claims.verdict import Target, agreeing, together

NAN = float("nan")
ABOVE_0, AT_LEAST_0 = Target(low=0, is_open=True), Target(low=0)
EIGHT, ABOUT_8 = Target(8, 8), Target(7.5, 8.5)


@pytest.mark.parametrize(
    ("target", "low", "high", "verdict"),
    [
        (ABOVE_0, 0.1, 0.2, "holds"),
        (ABOVE_0, -0.1, 0.2, "undecided"),
        (ABOVE_0, -0.2, -0.1, "fails"),
        (ABOVE_0, 0.0, 0.0, "fails"),
        (ABOVE_0, 0.0, 0.1, "undecided"),
        (AT_LEAST_0, 0.0, 0.0, "holds"),
        (AT_LEAST_0, -1.0, 0.0, "undecided"),
        (Target(high=1), 2.0, 3.0, "fails"),
        (EIGHT, 8, 8, "holds"),
        (EIGHT, 7, 7, "fails"),
        (ABOUT_8, 7.6, 8.4, "holds"),
        (ABOUT_8, 7.4, 8.4, "undecided"),
        (ABOUT_8, 7.0, 9.0, "undecided"),
        (ABOUT_8, 8.6, 9.0, "fails"),
        (ABOUT_8, NAN, NAN, "undecided"),
    ],
)
def test_what_an_interval_says(target, low, high, verdict):
    assert target.verdict(low, high) == verdict


def test_all_must_hold_and_one_is_enough_to_fail():
    assert together(["holds", "holds"]) == "holds"
    assert together(["holds", "undecided"]) == "undecided"
    assert together(["holds", "undecided", "fails"]) == "fails"


def test_two_looks_must_agree():
    assert agreeing(["holds"]) == "holds"
    assert agreeing(["fails", "fails"]) == "fails"
    assert agreeing(["holds", "undecided"]) == agreeing(["fails", "undecided"]) == "undecided"
