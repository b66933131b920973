"""All scores of several methods on one scale: from chance to the ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ctdspec.pages.style import MUTED, TRUTH, Pen, new_figure, text_in

_LOW, _HIGH = -0.3, 1.2
_DASH_MARKERS = {"solid": "o", "dashed": "s", "dotted": "D"}


@dataclass(frozen=True)
class Profile:
    """Scores of a method by metric: where they and their intervals' ends lie, 0 chance and 1 the ceiling."""

    name: str
    pen: Pen
    ways: Mapping[str, tuple[float, float | None, float | None]]


def draw_profiles(metrics: Sequence[str], profiles: Sequence[Profile], intervals_of: str = "") -> Figure:
    """Draw a line for each metric, in their order from the top, and a dot for each method.

    What lies outside the axes is an arrow at their edge. The intervals of one method are drawn, those of
    `intervals_of`, if any.
    """
    longest = max(map(text_in, metrics), default=0)
    named = not intervals_of
    rows = -(-len(profiles) // 3) if named else 0
    figure = new_figure(
        0.7 + 0.24 * len(metrics) + 0.22 * rows, left_in=0.2 + longest, top_in=0.1 + 0.22 * rows
    )
    axes = figure.add_subplot(
        xlim=(_LOW, _HIGH), ylim=(len(metrics) - 0.4, -0.6), xlabel="chance 0, ceiling 1"
    )
    axes.axvline(0, color=MUTED, ls="dotted", lw=1.4)
    axes.axvline(1, color=TRUTH, ls="dashed", lw=1.4)
    for level in range(len(metrics)):
        axes.axhline(level, color="#e3e6ea", lw=0.8, zorder=0)
    for profile in profiles:
        _draw_one(axes, metrics, profile, with_intervals=profile.name == intervals_of)
    axes.set_yticks(range(len(metrics)), metrics)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if named:
        right = figure.subplotpars.right
        figure.legend(loc="upper right", bbox_to_anchor=(right, 1.0), ncols=3, fontsize=8, handletextpad=0.1)
    return figure


def _draw_one(axes: Axes, metrics: Sequence[str], profile: Profile, with_intervals: bool) -> None:
    colour, marker = profile.pen.colour, _DASH_MARKERS[profile.pen.dash]
    levels = {metric: level for level, metric in enumerate(metrics)}
    for metric, (at, low, high) in profile.ways.items():
        level = levels[metric]
        if with_intervals and low is not None and high is not None:
            axes.plot([low, high], [level, level], color=colour, lw=1.6, zorder=3)
        shape = "<" if at < _LOW else ">" if at > _HIGH else marker
        inside = min(max(at, _LOW), _HIGH)
        axes.plot(
            [inside],
            [level],
            color=colour,
            marker=shape,
            ms=5.5,
            mec="white",
            mew=0.6,
            zorder=4,
            ls="",
            clip_on=False,
        )
    axes.plot([], [], color=colour, marker=marker, ls="", ms=5.5, label=profile.name)
