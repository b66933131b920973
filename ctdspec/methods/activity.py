"""From recorded spikes or signals to the activity that a model of neurons follows, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.errors import MethodError
from ctdspec.methods.kernel import smooth, smoothed_hz
from ctdspec.spec.node import Node
from ctdspec.store.recording import Recording

if TYPE_CHECKING:
    from ctdspec.dynamics.dynamics import Array


class Activity(Node):
    """What of a recording the model's units are to follow."""

    transform: Literal["none", "log"]
    """`log`: the logarithm of the rates, which undoes an exponential link."""
    floor_hz: float = Field(ge=0, le=1000)
    """Lower rates count as this; above 0 with `log`."""
    smoothing_s: float = Field(ge=0, le=10)
    """Standard deviation of the Gaussian that spikes are smoothed with, in seconds; 0 for signals. A fit to
    smoothed spikes finds the kernel's dynamics beside the circuit's."""
    sd: float | None = Field(default=None, gt=0)
    """Root mean square of the units' states over all neurons and bins, which activity is scaled to; left out
    to keep its own. It matters to units that saturate, and to ridges."""

    @model_validator(mode="after")
    def _ensure_logarithms_exist(self) -> Activity:
        if self.transform == "log" and self.floor_hz == 0:
            raise ValueError("floor_hz must be above 0 with transform: log, for a rate of 0 has no logarithm")
        return self


@dataclass(frozen=True)
class Scaling:
    """From transformed rates to activity, and back.

    Attributes
    ----------
    activity : Activity
    mean : (neuron,)
    scale : float
        One for all neurons, so that what one does to another keeps its size.
    """

    activity: Activity
    mean: np.ndarray
    scale: float

    @classmethod
    def fit(cls, activity: Activity, recording: Recording) -> Scaling:
        """Take mean and scale from the train trials."""
        rows = all_neurons(activity, recording)[recording.splits["train"].valid]
        mean = np.nanmean(rows, axis=0)
        own = float(np.sqrt(np.nanmean((rows - mean)[:, recording.held_in] ** 2)))
        return cls(activity, mean, own / activity.sd if activity.sd and own > 0 else 1.0)

    def take(self, neurons: np.ndarray) -> Scaling:
        """Give that of some neurons."""
        return Scaling(self.activity, self.mean[neurons], self.scale)

    def scaled(self, transformed: np.ndarray) -> np.ndarray:
        """Give the activity of transformed rates (…, neuron)."""
        return (transformed - self.mean) / self.scale

    def rates_hz(self, activity: Array) -> Array:
        """Give the rates in Hz of activity (…, neuron), by array API functions."""
        from array_api_compat import array_namespace

        transformed = activity * self.scale + self.mean
        xp = array_namespace(transformed)
        if self.activity.transform == "log":
            return xp.exp(transformed)
        return xp.clip(transformed, 0.0, None)


def held_in(activity: Activity, recording: Recording, split: str) -> np.ndarray:
    """Give the transformed rates of held-in neurons, (trial, time, neuron) float64."""
    part = recording.splits[split]
    if part.signals is None:
        _ensure_smoothed(activity)
        return _transformed(activity, smoothed_hz(recording, split, activity.smoothing_s))
    own = part.signals if split == "test" else part.signals[..., recording.held_in]
    return _transformed(activity, own)


def all_neurons(activity: Activity, recording: Recording) -> np.ndarray:
    """Give the transformed rates of all neurons in the train trials, (trial, time, neuron) float64."""
    part = recording.splits["train"]
    if part.signals is not None:
        return _transformed(activity, part.signals)
    _ensure_smoothed(activity)
    counts = smooth(part.spikes, part.valid, activity.smoothing_s / recording.bin_s)
    return _transformed(activity, counts / recording.bin_s)


def _transformed(activity: Activity, rates_hz: np.ndarray) -> np.ndarray:
    rates_hz = rates_hz.astype(float)
    return np.log(np.maximum(rates_hz, activity.floor_hz)) if activity.transform == "log" else rates_hz


def _ensure_smoothed(activity: Activity) -> None:
    if activity.smoothing_s == 0:
        raise MethodError(
            "activity.smoothing_s is 0, but the recording has spikes, which are no rates; give the width of a"
            " kernel in seconds"
        )
