"""How settings are chosen: by neurons that the method did not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctdspec.errors import MethodError, UsageError
from ctdspec.store.recording import Recording

_STEP = 5


def for_selection(recording: Recording) -> Recording:
    """Give the recording itself if it has held-out neurons; else, with every fifth neuron held out.

    Raises
    ------
    UsageError
        If there are not two neurons, one to predict from and one to predict.
    """
    if recording.held_out.any():
        return recording
    n_neurons = len(recording.held_out)
    if n_neurons < 2:
        raise UsageError(
            "settings are chosen by predicting one neuron from another: 1 neuron found, 2 needed"
        )
    held_out = np.arange(n_neurons) % _STEP == min(_STEP, n_neurons) - 1
    return replace(recording, held_out=held_out, splits={s: recording.splits[s] for s in ("train", "val")})


def ensure_active(n_active: int, n_latents: int) -> None:
    """Refuse more latents than there are held-in neurons with spikes, by a MethodError."""
    if n_active < n_latents:
        raise MethodError(
            f"found {n_active} held-in neurons with spikes in the train trials, but {n_latents} latents, for"
            " which as many are needed; take fewer latents"
        )


def ensure_at_most(name: str, field: str, numbers: Sequence[int], most: int) -> None:
    """Refuse settings of a data model that are larger than its held-in neurons allow, by a UsageError."""
    if max(numbers) > most:
        raise UsageError(
            f"data model {name!r}, {field}: found {max(numbers)}, expected at most {most}, by the number of"
            " neurons that they are inferred from; remove the larger numbers"
        )


def fewest(numbers: Sequence[int], bits: Sequence[float], enough: float) -> int:
    """Give the smallest number whose bits are at least the share `enough` of the best."""
    bar = max(bits) - (1 - enough) * abs(max(bits))
    return min(n for n, value in zip(numbers, bits, strict=True) if value >= bar)


def best(values: list[float]) -> int:
    """Give the index of the largest value, the first of equals."""
    return int(np.argmax(values))
