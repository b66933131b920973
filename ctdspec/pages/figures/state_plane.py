"""States of a network in the plane of their first principal components."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.performance import Performance
from ctdspec.pages.principal import PrincipalAxes
from ctdspec.pages.style import HELD_OUT, MUTED

_N_TRIALS = 60
_COLOURS = colormaps["turbo"]


def draw_state_plane(
    figure: Figure, place: SubplotSpec, performance: Performance, examples: Sequence[int]
) -> None:
    """Draw the states of some trials, coloured by condition, and thick those of the examples."""
    assert performance.answered is not None, "states are of a network"
    valid = performance.trials.valid
    axes_of = PrincipalAxes.fit(performance.answered.latents, valid)
    shares = axes_of.shares[:2]
    axes = figure.add_subplot(
        place, xlabel=f"latents, PC1 ({shares[0]:.0%})", ylabel=f"PC2 ({shares[1]:.0%})", xticks=[], yticks=[]
    )
    axes.xaxis.label.set_fontsize(8)
    axes.yaxis.label.set_fontsize(8)
    for trial in [*range(min(_N_TRIALS, len(valid))), *examples]:
        states = axes_of.project(performance.answered.latents[trial][valid[trial]])
        special = trial in examples
        axes.plot(
            *states[:, :2].T,
            color=_colour(performance, trial, special),
            lw=1.3 if special else 0.5,
            alpha=1 if special else 0.45,
        )
    axes.plot([], [], color=HELD_OUT, lw=1.3, label="trials on the left")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), fontsize=6.5, borderaxespad=0.1, handlelength=1)


def _colour(performance: Performance, trial: int, special: bool) -> str | tuple[float, ...]:
    if special:
        return HELD_OUT
    n = len(performance.task.condition_names)
    return MUTED if n < 2 else _COLOURS(float(np.linspace(0.05, 0.95, n)[performance.conditions[trial]]))
