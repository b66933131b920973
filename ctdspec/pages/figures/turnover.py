"""What becomes of neurons from session to session."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.observation.circuit import draw_neurons
from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import HELD_IN, MUTED, Pen, label_logarithmic

_NEW = Pen.number(1).colour


def draw_turnover(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw the mean rate of each of the circuit's neurons in every session: lines join those that stay."""
    observation = repeats.observation
    names = observation.sessions.names if observation.sessions else []
    axes = figure.add_subplot(place, ylabel="mean rate (Hz)", yscale="log")
    days = [_mean_hz(repeats, session) for session in range(len(names))]
    for day, found in enumerate(days):
        before = days[day - 1] if day else {}
        for number, hz in found.items():
            new = day > 0 and number not in before
            axes.plot(day, hz, ".", color=_NEW if new else HELD_IN, ms=7 if new else 5, mew=0, zorder=2 + new)
            if number in before:
                axes.plot([day - 1, day], [before[number], hz], color=MUTED, lw=0.6, zorder=0)
    axes.plot([], [], ".", color=_NEW, ms=7, mew=0, label="new in this session")
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.3, len(names) - 0.7)
    axes.set_ylim(top=axes.get_ylim()[1] * 1.6)
    label_logarithmic(axes.yaxis)
    axes.legend(loc="upper left", fontsize=8, borderaxespad=0.1, handlelength=1)


def _mean_hz(repeats: Repeats, session: int) -> dict[int, float]:
    parts = draw_neurons(repeats.observation, repeats.benchmark.seed, session, latents=None)
    ids, mean_hz = (np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "mean_hz"))
    return dict(zip(ids.tolist(), mean_hz.tolist(), strict=True))
