"""What answers are checked with and nobody else has: the held-out neurons of the test trials."""

from __future__ import annotations

import numpy as np

from ctdspec import scratch
from ctdspec.checks.evidence import Hidden
from ctdspec.engine.truth import read_trials
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth
from ctdspec.submissions.answer import SPLITS


def read_hidden(folder: DatasetFolder) -> Hidden | None:
    """Read it from the truth of a dataset; None if signals were recorded instead of spikes.

    Nothing else of the truth is read: of a large dataset that is most of the time.

    Raises
    ------
    DatasetError
        If the truth is missing or damaged.
    """
    stored = open_truth(folder.truth)
    if "spikes" not in stored:
        return None
    trials = np.flatnonzero(stored["split"].values == SPLITS.index("test"))
    neurons = np.flatnonzero(stored["held_out"].values)
    spikes, rates_hz = (read_trials(stored[name], trials, neurons) for name in ("spikes", "rates_hz"))
    seen = read_trials(stored["valid"], trials)
    if "forward" in stored:
        seen &= ~read_trials(stored["forward"], trials)
    seen = seen[:, :, None]
    if "observed" in stored:
        observed = read_trials(stored["observed"], trials, neurons)[:, None]
        seen = np.logical_and(seen, observed, out=scratch.empty(spikes.shape, bool))
    return Hidden(spikes, rates_hz, seen)
