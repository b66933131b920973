"""Eigenvalues of circuits and of their students."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ctdspec.pages.style import MUTED, TRUTH, Pen, new_figure

if TYPE_CHECKING:
    from ctdspec.pages.partial_picture import Spectrum


def draw_spectra(spectra: Sequence[Spectrum]) -> Figure:
    """Draw the eigenvalues of each circuit's weights, and over them those of the student's."""
    figure = new_figure(2.9, width_in=2.2 * len(spectra) + 0.5, top_in=0.6)
    figure.subplots_adjust(wspace=0.28)
    shared = None
    for place, spectrum in enumerate(spectra, 1):
        shared = axes = figure.add_subplot(1, len(spectra), place, sharex=shared, sharey=shared)
        axes.set(title=spectrum.name, xlabel="real part", xlim=(-1.15, 1.15), ylim=(-1.15, 1.15))
        axes.title.set_fontsize(9.5)
        axes.set_aspect("equal")
        axes.axvline(1, color=MUTED, lw=0.9, ls="dashed")
        for values, look in (
            (spectrum.true, {"color": TRUTH, "marker": "o", "ms": 3.2, "label": "circuit"}),
            (
                spectrum.student,
                {
                    "color": Pen.number(1).colour, "marker": "o", "ms": 5.5, "mfc": "none",
                    "label": "student of the units that are seen",
                },
            ),
        ):  # fmt: skip
            axes.plot(np.real(values), np.imag(values), ls="", **look)
    figure.axes[0].set_ylabel("imaginary part")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="upper left", ncols=2, fontsize=8.5)
    return figure
