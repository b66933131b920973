"""A figure as a page carries it."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_CSS_PX_PER_IN = 96
_PATH = re.compile(r' d="[^"]*"')
_LONG_FRACTION = re.compile(r"(\.\d\d)\d+")


@dataclass(frozen=True)
class Picture:
    """A figure with its words.

    Attributes
    ----------
    source : str
        The image itself as a ``data:`` URL.
    width, height : int
        Natural size in CSS pixels.
    title, caption : str
        What is seen, and how to read it.
    alt : str
        What there is to see, for someone who cannot see it.
    """

    source: str
    width: int
    height: int
    title: str
    alt: str
    caption: str

    @classmethod
    def of(cls, figure: Figure, title: str, alt: str, caption: str = "") -> Picture:
        """Draw a figure as SVG; the same figure gives the same text."""
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata=_NO_METADATA)
        # Hundredths of a point are finer than any screen, and paths are most of the weight.
        light = _PATH.sub(lambda path: _LONG_FRACTION.sub(r"\1", path[0]), drawn.getvalue())
        # An image of its own, rather than markup inside the page: identifiers of figures cannot collide.
        source = "data:image/svg+xml;base64," + base64.b64encode(light.encode()).decode()
        width, height = (round(_CSS_PX_PER_IN * inches) for inches in figure.get_size_inches())
        return cls(source, width, height, title, alt, caption)
