from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ctdspec.store.neuron_counts import NeuronCounts


@pytest.mark.parametrize("group_bytes", [1, 100, 1 << 24])
@pytest.mark.parametrize("segment_values", [1, 60, 1 << 22])
def test_what_came_by_trials_leaves_by_neurons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_bytes: int, segment_values: int
) -> None:
    monkeypatch.setattr("ctdspec.store.neuron_counts._GROUP_BYTES", group_bytes)
    monkeypatch.setattr("ctdspec.store.neuron_counts._SEGMENT_VALUES", segment_values)
    counts = np.random.Generator(np.random.PCG64(0)).poisson(0.4, (9, 7, 4)).astype(np.uint16)
    counts[..., 2] = 0
    counts[3, 5, 0] = 65535
    with NeuronCounts(tmp_path, 4) as kept:
        for block in np.split(counts, [1, 1, 6]):  # one of them is empty
            kept.append(block)
        assert kept.n_spikes == counts.sum()
        by_neuron = list(kept.by_neuron())
        again = list(kept.by_neuron())
    for found in (by_neuron, again):
        for neuron, fired in enumerate(found):
            dense = np.zeros(fired.n_bins, np.uint16)
            dense[fired.bins] = fired.counts
            np.testing.assert_array_equal(dense, counts.reshape(63, 4)[:, neuron])
            assert (fired.counts > 0).all()
    assert list(tmp_path.iterdir()) == []


def test_neurons_of_no_trial_are_silent(tmp_path: Path) -> None:
    with NeuronCounts(tmp_path, 2) as kept:
        assert kept.n_spikes == 0
        assert [fired.n_spikes for fired in kept.by_neuron()] == [0, 0]
