"""Data models need memory for a piece of a recording, however long it is."""

import resource
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ctdspec import scratch
from ctdspec.methods.condition_mean import ConditionMean
from ctdspec.methods.factor_analysis import FactorAnalysis
from ctdspec.methods.poisson_lds import PoissonLds
from ctdspec.methods.smoothing import Smoothing
from ctdspec.store.recording import Recording, SplitRecording

READOUT = {"ridges": [1e-2], "fit_bins": 2000}
FITTED = [
    Smoothing(kind="smoothing", name="a", widths_s=[0.1], floor_hz=0.1, offset_hz=3, readout=READOUT),
    FactorAnalysis(
        kind="factor_analysis", name="a", widths_s=[0.1], n_factors=[2], enough=1, readout=READOUT
    ),
    ConditionMean(kind="condition_mean", name="a", widths_s=[0.1], prior_trials=1, readout=READOUT),
    PoissonLds(
        kind="poisson_lds",
        name="a",
        n_latents=[2],
        enough=1,
        inputs="none",
        fit_windows=20,
        window_bins=20,
        start_width_s=0.1,
        max_iterations=2,
        tolerance=1e-3,
    ),
]
METHODS = {method.kind: method for method in FITTED}
OUT_OF_MEMORY = 9
N_BINS, N_NEURONS, HELD_OUT = 50, 200, 20
RATES_BYTES = 4 * 2400 * N_BINS * N_NEURONS
"""Of the train split, as float32."""


def long_recording() -> Recording:
    """Give one whose arrays lie in files."""
    rng = np.random.default_rng(0)
    splits = {}
    for split, n_trials in (("train", 2400), ("val", 200), ("test", 200)):
        shape = (n_trials, N_BINS, N_NEURONS - HELD_OUT * (split == "test"))
        counts = scratch.empty(shape, np.uint16)
        for piece in scratch.pieces(counts):
            counts[piece] = rng.poisson(0.2, counts[piece].shape)
        valid = np.ones(shape[:2], bool)
        splits[split] = SplitRecording(counts, np.zeros((*shape[:2], 0), np.float32), valid)
    held_out = np.arange(N_NEURONS) >= N_NEURONS - HELD_OUT
    return Recording("digest", 0.02, held_out, splits, np.arange(N_NEURONS), np.full(N_NEURONS, "all"))


def short(recording: Recording) -> Recording:
    """Give a recording of a hundred trials of each split."""
    cut = {
        name: replace(
            split, counts=split.spikes[:100], stimulus=split.stimulus[:100], valid=split.valid[:100]
        )
        for name, split in recording.splits.items()
    }
    return replace(recording, splits=cut)


@pytest.mark.parametrize("kind", METHODS)
def test_a_fit_holds_a_piece_of_the_recording(kind: str, runs_out_of_memory):
    """With three fifths of the bytes of the rates."""
    assert not runs_out_of_memory(kind)


def test_the_bound_would_show_a_whole_array(runs_out_of_memory):
    assert runs_out_of_memory("whole_array")


def main(work: str) -> int:
    scratch.LARGE_BYTES = 1 << 20
    recording = long_recording()
    if work in METHODS:
        METHODS[work].fit(short(recording), seed=0)  # what is imported or kept for ever is not counted
    own = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line)
    bound = int(own.split()[1]) * 1024 + 3 * RATES_BYTES // 5
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    try:
        if work in METHODS:
            METHODS[work].fit(recording, seed=0)
        else:
            recording.splits["train"].spikes.astype(np.float32)
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
