"""Answers beside their scores."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ctdspec.pages.metric_picture import ScoredAnswer, ScoredAnswers
from ctdspec.pages.style import HELD_OUT, TRUTH, new_figure, text_in

_WIDTH_IN, _ROW_IN, _HEAD_IN, _FOOT_IN = 10.2, 0.6, 0.62, 0.45
_PANEL_SHARE = 0.44
"""Share of the width that the drawn answers take, with their names."""
_FOOLED = "#d6302b"
_SHADE = np.array([0.0, 0.447, 0.698])
_DARKEST = 0.55
_LETTERS = 76
"""Letters that fit beside each other above the table."""


def draw_answers(scored: ScoredAnswers) -> Figure:
    """Draw a row for each answer: the answer over the truth, and its scores, shaded from chance to ceiling.

    Scores in a red frame are better than the answer deserves.
    """
    n = len(scored.answers)
    name_in = 0.25 + 0.8 * max(text_in(answer.name) for answer in scored.answers)
    figure = new_figure(
        _HEAD_IN + _ROW_IN * n + _FOOT_IN,
        left_in=name_in, bottom_in=_FOOT_IN, top_in=_HEAD_IN, width_in=_WIDTH_IN,
    )  # fmt: skip
    left, low, high = (getattr(figure.subplotpars, side) for side in ("left", "bottom", "top"))
    figure.subplots_adjust(right=_PANEL_SHARE)
    panels = figure.subplots(n, 1, sharex=True, squeeze=False, gridspec_kw={"hspace": 0.15})[:, 0]
    for axes, answer in zip(panels, scored.answers, strict=True):
        _panel(axes, answer)
    panels[-1].set_xlabel(scored.along, fontsize=8)
    panels[-1].tick_params(bottom=True, labelbottom=True, labelsize=7)
    panels[-1].spines["bottom"].set_visible(True)
    _say(figure, (left, 1 - 0.25 / figure.get_figheight()), scored.shown, TRUTH)
    _say(figure, (left, 1 - 0.45 / figure.get_figheight()), "black: truth", TRUTH)
    _say(figure, (left + 0.1, 1 - 0.45 / figure.get_figheight()), "violet: answer", HELD_OUT)
    _table(figure.add_axes((_PANEL_SHARE + 0.02, low, 0.97 - _PANEL_SHARE, high - low)), scored)
    return figure


def _say(figure: Figure, place: tuple[float, float], text: str, colour: str) -> None:
    figure.text(*place, text, fontsize=8, va="bottom", color=colour)


def _panel(axes: Axes, answer: ScoredAnswer) -> None:
    spread = float(np.nanmax(answer.true) - np.nanmin(answer.true)) or 1.0
    for line in range(answer.true.shape[1]):
        axes.plot(answer.at, answer.true[:, line] - 1.1 * spread * line, color=TRUTH, lw=1.0)
        if line < answer.answered.shape[1]:
            axes.plot(answer.at, answer.answered[:, line] - 1.1 * spread * line, color=HELD_OUT, lw=1.0)
    n_lines = answer.true.shape[1]
    lowest = float(np.nanmin(answer.true)) - 1.1 * spread * (n_lines - 1)
    axes.set_ylim(lowest - 0.25 * spread, float(np.nanmax(answer.true)) + 0.25 * spread)
    axes.set_xlim(answer.at[0], answer.at[-1])
    axes.set_yticks([])
    axes.tick_params(bottom=False, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_ylabel(answer.name, rotation=0, ha="right", va="center", fontsize=8.5)


def _table(axes: Axes, scored: ScoredAnswers) -> None:
    n, width = len(scored.answers), len(scored.metrics)
    axes.set(xlim=(0, width), ylim=(n, 0), xticks=np.arange(width) + 0.5, yticks=[])
    axes.xaxis.tick_top()
    axes.set_xticklabels([_broken(metric, _LETTERS // width) for metric in scored.metrics], fontsize=7.5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    for row, answer in enumerate(scored.answers):
        for column, metric in enumerate(scored.metrics):
            _cell(axes, scored, answer, metric, (column, row))
    fooled = any(answer.fooled for answer in scored.answers)
    told = "darker: nearer to the truth" + ("" if scored.describes else " than to chance")
    told += "; red: better than it deserves" if fooled else ""
    axes.set_xlabel(told, fontsize=8)


def _broken(metric: str, n_letters: int) -> str:
    """Break the name of a metric, after underscores, into lines of up to so many letters."""
    lines = [""]
    for part in metric.replace("_", "_ ").split():
        if len(lines[-1]) + len(part) > n_letters:
            lines.append("")
        lines[-1] += part
    return "\n".join(filter(None, lines))


def _cell(
    axes: Axes, scored: ScoredAnswers, answer: ScoredAnswer, metric: str, place: tuple[int, int]
) -> None:
    value = answer.scores.get(metric, float("nan"))
    strength = _DARKEST * float(np.clip(np.nan_to_num(scored.nearness(metric, value)), 0, 1))
    shade = tuple(1 - strength * (1 - _SHADE))
    axes.add_patch(Rectangle((place[0] + 0.04, place[1] + 0.08), 0.92, 0.84, color=shade, lw=0))
    if metric in answer.fooled:
        frame = Rectangle((place[0] + 0.06, place[1] + 0.1), 0.88, 0.8, fill=False, ec=_FOOLED, lw=1.8)
        axes.add_patch(frame)
    text = "–" if np.isnan(value) else f"{value + 0.0:z.2f}"
    axes.text(place[0] + 0.5, place[1] + 0.5, text, ha="center", va="center", fontsize=8)
