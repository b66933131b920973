import numpy as np
import pytest

from ctdspec.pages.figures.along import Line, draw_along
from ctdspec.pages.style import Pen


@pytest.mark.parametrize("places", [[10.0, 40.0], [3.0, 8.0, 64.0]])
def test_every_dot_lies_inside_the_axes(places):
    """By the pixels of the dots, which lie a little beside their places; the second axis is logarithmic."""
    n = len(places)
    lines = [
        Line(
            name,
            Pen.number(number),
            places,
            np.linspace(0.2, 0.9, n).tolist(),
            [(0.1, 1.0)] * n,
            [(None, None)] * n,
        )
        for number, name in enumerate("ab")
    ]
    figure = draw_along(lines, "data_models.gru.cell.units", "rate_r2")
    figure.canvas.draw()
    axes = figure.axes[0]
    for drawn in axes.lines[0], axes.lines[n + 1]:
        dots = drawn.get_transform().transform(drawn.get_xydata())
        assert all(axes.bbox.contains(*dot) for dot in dots)
        apart = np.ptp(dots[:, 0]) / axes.bbox.width
        assert 0.8 < apart < 0.95, "they span the axis"
