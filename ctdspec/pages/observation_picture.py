"""The picture of an observation: a trial, its mean and variance, and what sets it apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ctdspec.observation.embeddings.linear import Linear
from ctdspec.observation.observation import Observation
from ctdspec.observation.point_process import PointProcess
from ctdspec.observation.selections.by_loading import ByLoading
from ctdspec.pages.png import write_png
from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import applied, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

_WIDTH_IN = 9.6


def write_picture(path: Path, repeats: Repeats) -> None:
    """Draw an observation as PNG; the same recording gives the same bytes."""
    with applied():
        write_png(path, _draw(repeats))


def _draw(repeats: Repeats) -> Figure:
    from ctdspec.pages.figures.mean_variance import draw_mean_variance
    from ctdspec.pages.figures.observed_trial import draw_observed_trial

    figure = new_figure(2.9, left_in=1.0, width_in=_WIDTH_IN)
    grid = figure.add_gridspec(1, 3, width_ratios=(1.45, 1, 1), wspace=0.32)
    draw_observed_trial(figure, grid[0], repeats)
    draw_mean_variance(figure, grid[1], repeats)
    _third_panel(repeats.observation)(figure, grid[2], repeats)
    return figure


def _third_panel(observation: Observation) -> Callable[[Figure, SubplotSpec, Repeats], None]:
    """Give the panel of what is least ordinary about an observation."""
    from ctdspec.pages.figures.gains import draw_gains
    from ctdspec.pages.figures.intervals import draw_intervals
    from ctdspec.pages.figures.links import draw_links
    from ctdspec.pages.figures.presence import draw_presence
    from ctdspec.pages.figures.selected import draw_selected
    from ctdspec.pages.figures.signal_of_rate import draw_signal_of_rate
    from ctdspec.pages.figures.sorted_spikes import draw_sorted_spikes
    from ctdspec.pages.figures.tuning import draw_tuning
    from ctdspec.pages.figures.turnover import draw_turnover

    choices = (
        (observation.noise.records == "signals", draw_signal_of_rate),
        (observation.dropout is not None, draw_presence),
        (observation.sorting is not None, draw_sorted_spikes),
        (observation.sessions is not None, draw_turnover),
        (bool(observation.modulations), draw_gains),
        (isinstance(observation.noise, PointProcess), draw_intervals),
        (isinstance(observation.neurons.selection, ByLoading), draw_tuning),
        (observation.neurons.selection is not None, draw_selected),
        (observation.embedding is not None and not isinstance(observation.embedding, Linear), draw_tuning),
    )
    return next((panel for applies, panel in choices if applies), draw_links)
