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

_RATES = ("rates_heldin", "rates_heldout")
_ADVICE = (
    "answer the test phase of the nlb bundle: train then validation trials in train_…, test trials in eval_…"
)
_MAX_GROUPS = 64


@final
class Nlb(Layout):
    """Arrays ``{train,eval}_rates_{heldin,heldout}`` in counts per bin, in a group named by the dataset.

    Of the test phase: ``train`` are the train, then the validation trials; ``eval`` are the test trials.
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
            both = _part(arrays, target, "train", n_train + n_trials["val"], states)
            if both is not None:
                splits = {"train": _rows(both, slice(n_train)), "val": _rows(both, slice(n_train, None))}
        test = _part(arrays, target, "eval", n_trials["test"], states)
        return splits if test is None else {**splits, "test": test}


def _part(
    arrays: Arrays, target: Target, prefix: str, n_trials: int, states: str | None
) -> SplitAnswer | None:
    shape, n_held_out = (n_trials, target.expected.n_bins), int(target.held_out.sum())
    sizes = (target.expected.n_neurons - n_held_out, n_held_out)
    held_in, held_out = (
        arrays.read(f"{prefix}_{name}", (*shape, size), _ADVICE)
        if size
        else np.empty((*shape, 0), np.float32)
        for name, size in zip(_RATES, sizes, strict=True)
    )
    latents = arrays.read(f"{prefix}_{states}", (*shape, None), _ADVICE) if states else None
    if held_in is None or held_out is None:
        return None
    return SplitAnswer(target.rates_hz(held_in, held_out), latents)


def _rows(answer: SplitAnswer, rows: slice) -> SplitAnswer:
    return SplitAnswer(answer.rates_hz[rows], None if answer.states is None else answer.states[rows])
