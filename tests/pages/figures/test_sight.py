"""What is far worse than chance, or chance itself, does not squash what is compared."""

import pytest

from ctdspec.pages.figures.sight import in_sight


@pytest.mark.parametrize(
    ("values", "ceiling", "chance", "shown"),
    [
        ([0.6, 0.9], 1.0, 0.0, (0.0, 1.0)),  # everything is near
        ([0.99], 1.0, 0.0, (0.0, 1.0)),  # zero is always near enough
        ([0.6, 0.9], 1.0, -50.0, (-0.45, 1.0)),  # chance is not: 1.05 below the least that is compared
        ([0.6, -300.0], 1.0, 0.0, (-0.45, 1.0)),  # a method far below chance is neither
        ([0.02, 0.04], 0.0, 1.4, (0.0, 0.12)),  # lower is better
        ([-3.0], 1.0, 0.0, (-2.0, 1.0)),  # nothing is better than chance
        ([0.3, 0.4], None, -9.0, (-0.12, 0.4)),
        ([0.3, -9.0], None, None, (-9.0, 0.3)),
        ([], 1.0, 0.2, (0.2, 1.0)),
    ],
)
def test_the_axis_shows_what_is_compared(
    values: list[float], ceiling: float | None, chance: float | None, shown: tuple[float, float]
) -> None:
    assert in_sight(values, ceiling, chance) == pytest.approx(shown)
