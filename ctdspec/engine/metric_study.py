"""A picture of some metrics, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ctdspec.engine.contenders import Contender
from ctdspec.engine.metric_panels import Drawn
from ctdspec.metrics.truth import Truth


@dataclass(frozen=True)
class Study:
    """A picture of some metrics.

    Attributes
    ----------
    data
        The spec under specs/pictures that the truth is built from.
    metrics
        Ids, in the order of columns.
    contenders
        By name, from the top.
    shown, along
        What is drawn of each answer, and the horizontal axis.
    draw
        Gives what is drawn.
    forward_s
        Length of the end of each trial that counts as hidden from the recording, in seconds.
    describes
        Whether the metrics describe a model, and are to be those of the true system, whatever chance has.
    """

    data: str
    metrics: Sequence[str]
    contenders: Mapping[str, Contender]
    shown: str
    along: str
    draw: Callable[[Truth, Contender, str], Drawn]
    forward_s: float = 0.0
    describes: bool = False
