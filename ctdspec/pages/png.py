"""Figures as PNG files in few colours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.atomic import replacing_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

_DOTS_PER_IN = 130
_COLOURS = 256


def write_png(path: Path, figure: Figure) -> None:
    """Write a figure as PNG; the same figure gives the same bytes."""
    with replacing_file(path) as new:
        _pixels(figure).save(new, format="png", optimize=True)


def _pixels(figure: Figure) -> Image:
    """Give the pixels of a figure in few colours, which takes a third of the bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL.Image import Dither, Quantize, fromarray

    figure.set_dpi(_DOTS_PER_IN)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    return pixels.quantize(_COLOURS, method=Quantize.MEDIANCUT, dither=Dither.NONE)
