"""The HDF5 file that entrants of the Neural Latents Benchmark write (Pei et al. 2021)."""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any, final

import numpy as np
from h5py import h5g

from ctdspec.submissions import inspect
from ctdspec.submissions.answer import SplitAnswer
from ctdspec.submissions.importers.arrays import Arrays
from ctdspec.submissions.importers.layout import Layout
from ctdspec.submissions.importers.target import Target
from ctdspec.trials import last_bins

_RATES = ("rates_heldin", "rates_heldout")
_ADVICE = (
    "answer the test phase of the nlb bundle: train then validation trials in train_…, test trials in eval_…"
)
_MAX_GROUPS = 64


@final
class Nlb(Layout):
    """Arrays ``{train,eval}_rates_{heldin,heldout}`` in counts per bin, in a group named by the dataset.

    Of the test phase: ``train`` are the train, then the validation trials; ``eval`` are the test trials.
    Where the test recording ends before its trials do, arrays stop there, and ``…_forward`` have the last
    bins of each trial. States stop there, too, and the last one is taken to stay.
    """

    name = "nlb"
    scored = "eval_"
    never_states = frozenset((*_RATES, *(f"{name}_forward" for name in _RATES)))

    def group(self, root: Any) -> Any:
        """Give the only group of the file; the root if the file has none, or several."""
        if root.get_num_objs() > _MAX_GROUPS:
            return root
        children = [inspect.child(root, name.decode(errors="replace"), "") for name in root]
        groups = [child for child in children if isinstance(child, h5g.GroupID)]
        return groups[0] if len(groups) == 1 else root

    def read(self, arrays: Arrays, target: Target, states: str | None) -> dict[str, SplitAnswer]:
        """Give the test split, and train and val if the file has an array of the train trials."""
        n_trials, splits = target.expected.n_trials, {}
        if any(name.startswith("train_") for name in arrays.names):
            n_train = n_trials["train"]
            both = _part(arrays, target, "train", ("train", "val"), states)
            if both is not None:
                splits = {"train": _rows(both, slice(n_train)), "val": _rows(both, slice(n_train, None))}
        test = _part(arrays, target, "eval", ("test",), states)
        return splits if test is None else {**splits, "test": test}


def _part(
    arrays: Arrays, target: Target, prefix: str, splits: tuple[str, ...], states: str | None
) -> SplitAnswer | None:
    whole, n_held_out = np.concatenate([target.whole[name] for name in splits]), int(target.held_out.sum())
    n_trials, n_bins = whole.shape
    shape, sizes = (n_trials, n_bins - target.n_forward), (len(target.held_out) - n_held_out, n_held_out)
    held_in, held_out = (
        _rates(arrays, f"{prefix}_{name}", whole, size, target.n_forward)
        for name, size in zip(_RATES, sizes, strict=True)
    )
    latents = arrays.read(f"{prefix}_{states}", (*shape, None), _ADVICE) if states else None
    if held_in is None or held_out is None:
        return None
    return SplitAnswer(
        target.rates_hz(held_in, held_out), None if latents is None else _held(latents, n_bins)
    )


def _rates(arrays: Arrays, name: str, whole: np.ndarray, size: int, n_ahead: int) -> np.ndarray | None:
    """Read the expected counts (trial, time, neuron) of whole trials, whose bins are (trial, time) bool."""
    n_trials, n_bins = whole.shape
    if not size:
        return np.empty((n_trials, n_bins, 0), np.float32)
    before = arrays.read(name, (n_trials, n_bins - n_ahead, size), _ADVICE)
    if not n_ahead:
        return before
    ahead = arrays.read(f"{name}_forward", (n_trials, n_ahead, size), _ADVICE)
    if before is None or ahead is None:
        return None
    joined = _held(before, n_bins)
    joined[last_bins(whole, n_ahead)] = ahead.reshape(-1, size)
    return joined


def _held(before: np.ndarray, n_bins: int) -> np.ndarray:
    """Give an array (trial, time, column) of so many bins, in which the last one stays."""
    return np.pad(before, ((0, 0), (0, n_bins - before.shape[1]), (0, 0)), mode="edge")


def _rows(answer: SplitAnswer, rows: slice) -> SplitAnswer:
    return SplitAnswer(answer.rates_hz[rows], None if answer.states is None else answer.states[rows])
