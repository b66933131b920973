"""Rate networks by back-propagation through time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ctdspec.methods.extra import ensure_installed
from ctdspec.methods.rate_law import Unit
from ctdspec.methods.student import Law, Series, Student


class Bptt(Student):
    """A network of the recorded neurons, and maybe of hidden ones, trained to move as they moved.

    Windows of a trial are run from their first bin, hidden units from rest; in every bin the recorded units
    are set to what was recorded with the probability `teacher_forcing`. The loss is the squared error of φ of
    the recorded units, summed over units and bins and averaged over windows. States are the recorded
    activity, and what hidden units make of it.
    """

    kind: Literal["bptt"]
    unit: Unit
    """What a unit does by itself."""
    hidden: int = Field(ge=0, le=10_000)
    """Units beside the recorded ones."""
    initial_sd: float = Field(ge=0)
    """Weights start as independent normal numbers of this standard deviation over √units."""
    window_bins: int = Field(ge=2, le=100_000)
    """Length of a window; windows start at every half of it. A shorter trial is one window."""
    teacher_forcing: float = Field(ge=0, le=1)
    """Share of the bins in which recorded units are set to what was recorded."""
    epochs: int = Field(ge=1, le=1_000_000)
    """How often all windows are used."""
    batch: int = Field(ge=1, le=100_000)
    """Windows per step."""
    learning_rate: float = Field(gt=0)
    """Of stochastic gradient descent."""
    momentum: float = Field(ge=0, lt=1)
    """Of stochastic gradient descent."""
    clip: float = Field(gt=0)
    """Longest gradient; longer ones are shortened to it."""

    def law(self, train: Series, seed: int) -> Law:
        """Train.

        Raises
        ------
        MethodError
            If PyTorch is missing, or training diverges.
        """
        ensure_installed(("torch",), "train")
        from ctdspec.methods._bptt import train_weights

        return train_weights(self, train, seed)
