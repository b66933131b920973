"""The flat HDF5 file that LFADS implementations write: a copy of their input, with what they inferred."""

from __future__ import annotations

from typing import final

import numpy as np

from ctdspec.submissions.answer import SplitAnswer
from ctdspec.submissions.importers.arrays import Arrays
from ctdspec.submissions.importers.layout import Layout
from ctdspec.submissions.importers.target import Target

_PREFIX = {"train": "train", "val": "valid", "test": "test"}


@final
class Lfads(Layout):
    """Arrays ``{train,valid,test}_…`` at the root; rates are ``output_params``, in counts per bin.

    Columns are the held-in neurons, then the held-out ones, as in the bundle ``lfads`` that was fitted.
    """

    name = "lfads"
    scored = "test_"
    never_states = frozenset(
        ("encod_data", "recon_data", "ext_input", "output_params", "truth", "behavior", "decode_mask")
    )

    def read(self, arrays: Arrays, target: Target, states: str | None) -> dict[str, SplitAnswer]:
        """Give the splits that have rates, and ``test`` in any case."""
        names = arrays.names
        present = [split for split, prefix in _PREFIX.items() if f"{prefix}_output_params" in names]
        splits = {}
        for split in dict.fromkeys([*present, "test"]):
            if (found := _split(arrays, target, split, states)) is not None:
                splits[split] = found
        return splits


def _split(arrays: Arrays, target: Target, split: str, states: str | None) -> SplitAnswer | None:
    prefix, expected = _PREFIX[split], target.expected
    shape = (expected.n_trials[split], expected.n_bins)
    advice = "fit the lfads bundle of this dataset, all its trials and neurons in their order"
    _compare_spikes(arrays, target, split)
    params = arrays.read(f"{prefix}_output_params", (*shape, expected.n_neurons), advice)
    latents = arrays.read(f"{prefix}_{states}", (*shape, None), advice) if states else None
    if params is None:
        return None
    n_held_in = int((~target.held_out).sum())
    return SplitAnswer(target.rates_hz(params[..., :n_held_in], params[..., n_held_in:]), latents)


def _compare_spikes(arrays: Arrays, target: Target, split: str) -> None:
    """Find that the file is of other data: it holds a copy of what the method saw."""
    from ctdspec.submissions.expected import Problem

    name = f"{_PREFIX[split]}_encod_data"
    if name not in arrays.names or split not in target.held_in_spikes:
        return
    advice = "import it against the dataset that was fitted, with its trials in their order"
    spikes = target.held_in_spikes[split]
    copy = arrays.read(name, spikes.shape, advice)
    if copy is not None and not np.array_equal(copy, spikes):
        found = f"{(copy != spikes).sum()} counts that differ"
        arrays.problems.append(Problem(name, found, "the spikes of this dataset", advice))
