"""The tensors of the Neural Latents Benchmark (Pei et al. 2021), for code that was written for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import final

import numpy as np

from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public
from ctdspec.trials import last_bins

_PHASES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "val": (("train",), "val"),
    "test": (("train", "val"), "test"),
}
"""For each phase, the splits that a model is trained on, and the one it is evaluated on."""


@final
class Nlb(Format):
    """HDF5 files with the names and shapes of the Neural Latents Benchmark's two phases."""

    name = "nlb"
    public_files = """\
val/                      the validation phase, to practise: train on the train trials, evaluate on validation
test/                     the test phase: train on train, then validation trials, evaluate on the test trials
  train_input.h5          train_spikes_heldin, train_spikes_heldout, train_behavior (where there is any)
  eval_input.h5           eval_spikes_heldin
  submission_template.h5  the shapes and names of an answer, filled with NaN
val/target_data.h5        what the answers of the validation phase are evaluated against
Arrays are float32 (trial, time, neuron), counts per bin; NaN after the end of a short trial, and where a
neuron was lost. Where the test recording leaves out how trials end (trials.forward_s), arrays stop there, and
others, named ..._forward, have the last bins of each trial; those of the evaluated trials are in the target.
Stimuli are not part of this layout; the formats nwb, npz, zarr and lfads have them."""
    organiser_files = """\
target_data.h5            what the answers of the test phase are evaluated against"""
    how_to_answer = """\
Fill in submission_template.h5: rates in expected counts per bin (not Hz), at least 0, of the held-in and of
the held-out neurons, in the trials of both the train and the eval tensors; nlb_tools scores it against
target_data.h5. For `ctdspec score`, write the file that docs/submissions.md of ctdspec describes instead."""

    def write(self, public: Public, folder: Path) -> None:
        """Write the two phases."""
        for phase, (train, evaluated) in _PHASES.items():
            to = folder / phase
            to.mkdir()
            _write(to / "train_input.h5", _train_input(public, train))
            shown, _ = _cut(public, (evaluated,), _heldin(public, (evaluated,)))
            _write(to / "eval_input.h5", {"eval_spikes_heldin": shown})
            _write(to / "submission_template.h5", _template(public, train, evaluated), _group(public))
        spikes = {"heldin": _heldin(public, ("val",)), "heldout": _heldout(public, ("val",))}
        target = _target(public, "val", spikes, public.outputs("val"))
        _write(folder / "val" / "target_data.h5", target, _group(public))

    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Write the target of the test phase."""
        held_out = public.recording.held_out
        seen, observed = public.recording.splits["test"].whole[..., None], hidden.variable("observed", "test")
        if observed is not None:
            seen = seen & observed[:, None]
        every = _masked(hidden.required("spikes", "test"), seen)
        spikes = {"heldin": every[..., ~held_out], "heldout": every[..., held_out]}
        target = _target(public, "test", spikes, hidden.variable("outputs", "test"))
        _write(folder / "target_data.h5", target, _group(public))


def _group(public: Public) -> str:
    """Give the name of the dataset with its suffix: none for bins of 5 ms, else their length in ms."""
    bin_ms = 1000 * public.recording.bin_s
    return public.name if np.isclose(bin_ms, 5) else f"{public.name}_{bin_ms:g}"


def _train_input(public: Public, splits: tuple[str, ...]) -> dict[str, np.ndarray]:
    arrays = {}
    for name, spikes in {"heldin": _heldin(public, splits), "heldout": _heldout(public, splits)}.items():
        before, ahead = _cut(public, splits, spikes)
        arrays[f"train_spikes_{name}"] = before
        if ahead is not None:
            arrays[f"train_spikes_{name}_forward"] = ahead
    behavior = _behavior(public, splits)
    return arrays if behavior is None else {**arrays, "train_behavior": behavior}


def _template(public: Public, train: tuple[str, ...], evaluated: str) -> dict[str, np.ndarray]:
    held_out, n_ahead = public.recording.held_out, public.recording.n_forward
    arrays = {}
    for prefix, splits in (("train", train), ("eval", (evaluated,))):
        n_trials, n_bins = np.concatenate([public.recording.splits[split].valid for split in splits]).shape
        for population, size in (("heldin", (~held_out).sum()), ("heldout", held_out.sum())):
            name = f"{prefix}_rates_{population}"
            arrays[name] = np.full((n_trials, n_bins - n_ahead, size), np.nan)
            if n_ahead:
                arrays[f"{name}_forward"] = np.full((n_trials, n_ahead, size), np.nan)
    return arrays


def _target(
    public: Public, phase: str, spikes: Mapping[str, np.ndarray], eval_behavior: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Give what answers are evaluated against; `spikes` are those of whole trials, by group of neurons."""
    train, evaluated = _PHASES[phase]
    arrays = {"eval_spikes_heldout": _cut(public, (evaluated,), spikes["heldout"])[0]}
    for name, whole in spikes.items():
        ahead = _cut(public, (evaluated,), whole)[1]
        if ahead is not None:
            arrays[f"eval_spikes_{name}_forward"] = ahead
    train_behavior = _behavior(public, train)
    if train_behavior is None or eval_behavior is None:
        return arrays
    eval_behavior = eval_behavior[:, : train_behavior.shape[1]]
    return {**arrays, "train_behavior": train_behavior, "eval_behavior": eval_behavior}


def _cut(public: Public, splits: tuple[str, ...], whole: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Cut arrays (trial, time, column) of whole trials where the test recording ends; None for nothing after.

    The second holds the last bins of each trial, however long it is; the first is NaN in their place.
    """
    n_ahead = public.recording.n_forward
    if not n_ahead:
        return whole, None
    bins = np.concatenate([public.recording.splits[split].whole for split in splits])
    ahead = last_bins(bins, n_ahead)
    before = np.where(ahead[..., None], np.float32(np.nan), whole)[:, : whole.shape[1] - n_ahead]
    return before, whole[ahead].reshape(len(whole), n_ahead, -1)


def _heldin(public: Public, splits: tuple[str, ...]) -> np.ndarray:
    take = public.recording
    return np.concatenate([_masked(take.held_in_spikes(name), take.held_in_seen(name)) for name in splits])


def _heldout(public: Public, splits: tuple[str, ...]) -> np.ndarray:
    take = public.recording
    return np.concatenate([_masked(take.held_out_spikes(name), take.held_out_seen(name)) for name in splits])


def _masked(counts: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Give counts with NaN where nothing was recorded, which the benchmark's metrics leave out."""
    return np.where(seen, counts, np.float32(np.nan))


def _behavior(public: Public, splits: tuple[str, ...]) -> np.ndarray | None:
    parts = [outputs for split in splits if (outputs := public.outputs(split)) is not None]
    n_bins = public.recording.splits["train"].valid.shape[1] - public.recording.n_forward
    return np.concatenate(parts)[:, :n_bins] if parts else None


def _write(path: Path, arrays: Mapping[str, np.ndarray], group: str = "/") -> None:
    import h5py

    with h5py.File(path, "w") as file:
        root = file.require_group(group)
        for name, array in arrays.items():
            root.create_dataset(name, data=array.astype(np.float32), compression="gzip")
