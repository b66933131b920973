"""What a link is: the shape of the step from drive to rate."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.spec.component import Component

PEAK_SHARE = 1e-3
"""Share of the bins in which a rate exceeds what is called its peak."""


class Link(Component):
    """How a neuron's drive becomes its rate.

    The drive is standardised (zero mean and unit variance on the train trials) and multiplied by a gain; the
    link function makes it positive; a factor then sets the mean rate on the train trials to exactly
    `mean_hz`. The gain is declared, or follows from the dynamic range. So all three mean the same for every
    link.
    """

    family: ClassVar[str] = "link"

    mean_hz: float = Field(gt=0, le=1000)
    """Mean rate over neurons, in Hz."""
    gain: float | None = Field(default=None, gt=0, le=10)
    """Standard deviation over time of the drive that enters the link; in place of `dynamic_range`."""
    dynamic_range: float | None = Field(default=None, gt=1, le=1000)
    """A neuron's peak rate over its mean rate, in place of `gain`. The peak is the rate that it exceeds in
    one of a thousand bins of the train trials."""
    across: Literal["neuron", "population"]
    """`neuron`: each neuron is standardised and normalised by itself. `population`: all share one mean, one
    standard deviation and one factor, so that neurons keep what sets them apart (as CtDB does)."""
    mean_log_sd: float = Field(ge=0, le=3)
    """Spread of the neurons' mean rates: the standard deviation of their logarithm (log-normal). Must be 0
    with `across: population`, where the neurons' own drives spread the means."""

    @model_validator(mode="after")
    def _ensure_one_modulation(self) -> Link:
        if (self.gain is None) == (self.dynamic_range is None):
            found = "neither" if self.gain is None else "both"
            raise ValueError(f"expected gain or dynamic_range, found {found}; give exactly one of them")
        return self

    @model_validator(mode="after")
    def _ensure_one_spread(self) -> Link:
        if self.across == "population" and self.mean_log_sd > 0:
            raise ValueError(
                f"mean_log_sd must be 0 with across: population (found {self.mean_log_sd:g}): there the "
                "neurons' own drives spread their means; set it to 0, or across to neuron"
            )
        return self

    @abstractmethod
    def function(self, drive: np.ndarray) -> np.ndarray:
        """Give values that are 0 or more and grow with the drive, elementwise, in the dtype of `drive`."""
