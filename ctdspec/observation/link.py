"""What a link is: the shape of the step from drive to rate."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.spec.component import Component


class Link(Component):
    """How a neuron's drive becomes its rate.

    The drive is standardised (zero mean and unit variance on the train trials) and multiplied by `gain`; the
    link function makes it positive; a factor then sets the mean rate on the train trials to exactly
    `mean_hz`. So `gain` and `mean_hz` mean the same for every link.
    """

    family: ClassVar[str] = "link"

    mean_hz: float = Field(gt=0, le=1000)
    """Mean rate over neurons, in Hz."""
    gain: float = Field(gt=0, le=10)
    """Standard deviation over time of the drive that enters the link."""
    across: Literal["neuron", "population"]
    """`neuron`: each neuron is standardised and normalised by itself. `population`: all share one mean, one
    standard deviation and one factor, so that neurons keep what sets them apart (as CtDB does)."""
    mean_log_sd: float = Field(ge=0, le=3)
    """Spread of the neurons' mean rates: the standard deviation of their logarithm (log-normal). Must be 0
    with `across: population`, where the neurons' own drives spread the means."""

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
        """Give positive values, elementwise, in the dtype of `drive`."""
