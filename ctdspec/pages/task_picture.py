"""The picture of a task: trials, and what a trained network makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.pages.performance import Performance
from ctdspec.pages.png import write_png
from ctdspec.pages.style import applied, new_figure, text_in
from ctdspec.tasks.random_target import RandomTarget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH_IN = 10.2
_HEIGHT_IN = 4.3


def write_task_picture(path: Path, performance: Performance) -> None:
    """Draw a task as PNG; the same trials and answers give the same bytes."""
    with applied():
        write_png(path, _draw(performance))


def _draw(performance: Performance) -> Figure:
    from ctdspec.pages.figures.accuracies import MOST_CONDITIONS, draw_accuracies
    from ctdspec.pages.figures.hand_paths import draw_hand_paths
    from ctdspec.pages.figures.practised_trial import draw_practised_trial, labels
    from ctdspec.pages.figures.state_plane import draw_state_plane

    examples = performance.examples(2)
    answered, task = performance.answered, performance.task
    drawn = labels(performance, examples)
    left_in = 0.35 + 0.8 * max(map(text_in, drawn))
    figure = new_figure(_HEIGHT_IN, left_in=left_in, top_in=0.5, bottom_in=0.45, width_in=_WIDTH_IN)
    widths = [1.0] * len(examples) + ([0.85] if answered else [])
    grid = figure.add_gridspec(1, len(widths), width_ratios=widths, wspace=0.25)
    for place, trial in enumerate(examples):
        draw_practised_trial(figure, grid[place], performance, trial, examples)
    if answered is None:
        return _said(figure, "no network is shipped")
    column = grid[-1]
    by_condition = task.by_condition(answered.accuracy, performance.conditions)
    if isinstance(task, RandomTarget):
        above, column = column.subgridspec(2, 1, hspace=0.42)
        draw_hand_paths(figure, above, performance)
    elif 1 < len(by_condition) <= MOST_CONDITIONS:
        longest = max(map(len, by_condition))
        above, column = column.subgridspec(2, 1, hspace=0.25 + 0.035 * longest)
        draw_accuracies(figure, above, by_condition, task.ideal_accuracy())
    draw_state_plane(figure, column, performance, examples)
    mean, n_trials = float(np.nanmean(answered.accuracy)), len(answered.accuracy)
    return _said(figure, f"network of {answered.benchmark}: accuracy {mean:.3f} in {n_trials} trials")


def _said(figure: Figure, text: str) -> Figure:
    """Give the figure with a text in its upper right corner."""
    figure.text(0.995, 0.985, text, ha="right", va="top", fontsize=8.5)
    return figure
