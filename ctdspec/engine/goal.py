"""How well a data model does on what it was not tested on: what a search goes by."""

from __future__ import annotations

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.bits import SpikeSums
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.recording import open_recording
from ctdspec.submissions.file import read_answer


def val_co_bps(folder: DatasetFolder, method: str) -> float | None:
    """Give the bits per spike of the held-out neurons on the validation trials.

    Read are the public files and the answer alone, neither the truth nor a test trial's spikes.

    Returns
    -------
    float or None
        None if the data model has no answer, or none of the neurons a spike.
    """
    if not folder.submission(method).exists():
        return None
    recording = open_recording(folder.path)
    answer = read_answer(folder.submission(method), recording.expected)
    rates_hz = scratch.columns(answer.splits["val"].rates_hz, recording.held_out)
    spikes, seen = recording.held_out_spikes("val"), recording.held_out_seen("val")
    sums = SpikeSums.of(spikes, rates_hz, seen, recording.bin_s)
    bits = float(sums.bits_per_spike(np.ones((1, len(rates_hz))))[0])
    return bits if np.isfinite(bits) else None
