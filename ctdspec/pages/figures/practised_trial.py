"""One trial of a task: its phases, what was shown and asked, and what the network answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.performance import Performance
from ctdspec.pages.style import HELD_OUT, HIGHLIGHT, MUTED, TRUTH

_MOST_ROWS = 8
"""Inputs that are drawn as lines; more are drawn as an image."""
_MOST_OUTPUTS = 6
_SHADES = ("#eef1f4", "#ffffff")
_NARROW = 0.19
"""Share of a trial that a phase must take for its name to stand above it in one line."""


def labels(performance: Performance, shown: Sequence[int]) -> list[str]:
    """Give what stands beside the rows: the inputs that are used in the trials `shown`, and the outputs."""
    used, names = _used(performance, shown), performance.task.input_names
    inputs = ["inputs"] if len(used) > _MOST_ROWS else [names[channel] for channel in used]
    outputs = performance.task.output_names[:_MOST_OUTPUTS]
    return [name.removeprefix("rule_").replace("_", " ") for name in (*inputs, *outputs)]


def draw_practised_trial(
    figure: Figure, place: SubplotSpec, performance: Performance, trial: int, shown: Sequence[int]
) -> None:
    """Draw a trial, one row per channel; rows have the scale that all trials `shown` need."""
    task, trials = performance.task, performance.trials
    used, names = _used(performance, shown), labels(performance, shown)
    image, n_outputs = len(used) > _MOST_ROWS, min(len(task.output_names), _MOST_OUTPUTS)
    n_bins, first = int(trials.valid[trial].sum()), trial == shown[0]
    heights = [*([0.45 * _MOST_ROWS] if image else [0.8] * len(used)), *([1.0] * n_outputs)]
    rows = place.subgridspec(len(heights), 1, height_ratios=heights, hspace=0.12)
    axes = [figure.add_subplot(rows[row, 0]) for row in range(len(heights))]
    for one, name in zip(axes, names, strict=True):
        _prepare(one, name if first else "", n_bins * task.bin_s)
    if image:
        _image(axes[0], trials.inputs[trial, :n_bins, used], n_bins * task.bin_s)
    else:
        for one, channel in zip(axes, used, strict=False):
            _signals(one, performance, trial, channel, shown)
    for channel, one in enumerate(axes[-n_outputs:]):
        _answers(one, performance, trial, channel, shown)
    _phases(axes, performance, trial, image)
    _finish(axes, performance, trial, first)


def _used(performance: Performance, shown: Sequence[int]) -> np.ndarray:
    return np.flatnonzero((performance.trials.stimulus[list(shown)] != 0).any(axis=(0, 1)))


def _signals(axes: Axes, performance: Performance, trial: int, channel: int, shown: Sequence[int]) -> None:
    trials, time_s = performance.trials, _time_s(performance, trial)
    for array, colour, width in ((trials.inputs, MUTED, 0.6), (trials.stimulus, TRUTH, 0.9)):
        axes.plot(time_s, array[trial, : len(time_s), channel], color=colour, lw=width)
    _scale(axes, trials.inputs[list(shown)][..., channel])


def _answers(axes: Axes, performance: Performance, trial: int, channel: int, shown: Sequence[int]) -> None:
    trials, answered, time_s = performance.trials, performance.answered, _time_s(performance, trial)
    targets = trials.targets[trial, : len(time_s), channel]
    axes.plot(time_s, targets, color=HIGHLIGHT, lw=4.5, label="target")
    if answered is not None:
        outputs = answered.outputs[trial, : len(time_s), channel]
        axes.plot(time_s, outputs, color=HELD_OUT, lw=1.1, label="network")
    seen = [trials.targets] if answered is None else [trials.targets, answered.outputs]
    valid = trials.valid[list(shown)]
    _scale(axes, np.stack([array[list(shown)][..., channel][valid] for array in seen]))


def _time_s(performance: Performance, trial: int) -> np.ndarray:
    return np.arange(performance.trials.valid[trial].sum()) * performance.task.bin_s


def _scale(axes: Axes, values: np.ndarray) -> None:
    """Give an axis the limits of values, with a margin."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = 0.15 * (high - low) or 0.5
    axes.set_ylim(low - margin, high + margin)


def _prepare(axes: Axes, label: str, duration_s: float) -> None:
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False, labelsize=6.5, pad=1.5)
    axes.locator_params(axis="y", nbins=2)
    axes.set_ylabel(
        label.replace("_", " ").replace("rule ", ""),
        rotation=0,
        ha="right",
        va="center",
        fontsize=8,
        labelpad=6,
    )
    axes.set_xlim(0, duration_s)


def _image(axes: Axes, inputs: np.ndarray, duration_s: float) -> None:
    """Draw inputs (input, time) as rows, darker for higher values."""
    axes.imshow(
        inputs,
        aspect="auto",
        cmap="Greys",
        interpolation="nearest",
        vmin=0,
        extent=(0, duration_s, len(inputs), 0),
    )
    axes.set_yticks([])


def _phases(axes: Sequence[Axes], performance: Performance, trial: int, image: bool) -> None:
    bin_s, first = performance.task.bin_s, axes[0]
    duration_s = first.get_xlim()[1]
    spans = [
        (name, float(epochs.start[trial]) * bin_s, float(epochs.stop[trial]) * bin_s)
        for name, epochs in performance.trials.epochs.items()
        if epochs.stop[trial] > epochs.start[trial]
    ]
    for number, (name, start_s, stop_s) in enumerate(spans):
        overlaps = number > 0 and start_s < spans[number - 1][2] - bin_s / 2
        for one in axes[1 if image else 0 :]:
            shade = HIGHLIGHT if overlaps else _SHADES[number % 2]
            one.axvspan(start_s, stop_s, color=shade, lw=0, alpha=0.5 if overlaps else 1, zorder=-1)
        first.annotate(
            name.replace("_", " "),
            ((start_s + stop_s) / 2, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 10 if overlaps else 2),
            textcoords="offset points",
            ha="left" if (narrow := stop_s - start_s < _NARROW * duration_s) and not overlaps else "center",
            va="bottom",
            rotation=35 if narrow and not overlaps else 0,
            fontsize=6.5,
            color="#555b66",
        )


def _finish(axes: Sequence[Axes], performance: Performance, trial: int, named: bool) -> None:
    last = axes[-1]
    last.spines["bottom"].set_visible(True)
    last.tick_params(bottom=True, labelbottom=True)
    names = performance.task.condition_names
    said = f"time (s): {names[performance.conditions[trial]]}" if names else "time (s)"
    last.set_xlabel(said, fontsize=8)
    if named:
        handles, labels = last.get_legend_handles_labels()
        last.figure.legend(
            handles, labels, loc="upper left", ncols=2, fontsize=8, handlelength=1.4, borderaxespad=0.1
        )  # fmt: skip
