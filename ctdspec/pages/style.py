"""How every figure looks: one typeface, one size, one colour per method."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

TRUTH = "#000000"
"""The truth, and what is drawn for it (the oracle), in every figure."""
MUTED = "#8a8f98"
"""What is there for orientation: chance, silence, grids."""
HELD_IN = "#3d4654"
HELD_OUT = "#7b3294"
"""Neurons that the test split shows, and neurons that it hides. No method has these colours."""
HIGHLIGHT = "#f0d58c"
"""What was asked for, drawn broad behind what was done."""

WIDTH_IN = 4.8
"""Width of a figure: two stand beside each other on a desk, and one fits a phone with legible text."""

# Okabe & Ito (2008), told apart with any colour vision; without its yellow, which white swallows.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7")
_MOST_LABELLED = 150.0
_DASHES = ("solid", "dashed", "dotted")

_SETTINGS = {
    # What is measured with is what Linux draws with; the others are narrower, so nothing overlaps elsewhere.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Helvetica Neue", "Arial"],
    "font.size": 9.5,
    "axes.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.dpi": 140,
    # Text stays text, and identifiers do not depend on the moment.
    "svg.fonttype": "none",
    "svg.hashsalt": "ctdspec",
}


@dataclass(frozen=True)
class Pen:
    """The line that a method is drawn with."""

    colour: str
    dash: str

    @classmethod
    def number(cls, index: int) -> Pen:
        """Give the pen of the method with this place in the spec."""
        return cls(_COLOURS[index % len(_COLOURS)], _DASHES[index // len(_COLOURS) % len(_DASHES)])


def new_figure(
    height_in: float,
    left_in: float = 0.66,
    bottom_in: float = 0.5,
    top_in: float = 0.1,
    right_in: float = 0.2,
    width_in: float = WIDTH_IN,
) -> Figure:
    """Give an empty figure with margins in inches for what stands around its axes.

    Margins are set rather than found by a layout engine, which would take most of the time of a page.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in))
    figure.subplots_adjust(
        left=left_in / width_in,
        right=1 - right_in / width_in,
        bottom=bottom_in / height_in,
        top=1 - top_in / height_in,
    )
    return figure


def text_in(text: str) -> float:
    """Give a width in inches in which a text surely fits."""
    return 0.09 * len(text)


def label_logarithmic(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers: powers of ten, with room their twos and fives."""

    def minor(value: float, _: float) -> str:
        low, high = axis.get_view_interval()
        return f"{value:g}" if high < _MOST_LABELLED * low and f"{value:.0e}"[0] in "25" else ""

    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(minor)


@contextmanager
def applied() -> Iterator[None]:
    """Draw and save figures in the report's style, whatever the user's own settings are."""
    import matplotlib.style

    with matplotlib.style.context(["default", _SETTINGS]):
        yield
