"""What a network is fitted to, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from array_api_compat import array_namespace

from ctdspec import scratch
from ctdspec.errors import MethodError
from ctdspec.methods._draws import Draws
from ctdspec.methods._sequential import Batch, Inferred, SequentialModel
from ctdspec.methods._trials import Order, Trials
from ctdspec.metrics.bits import SpikeSums
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import SPLITS, SplitAnswer
from ctdspec.submissions.exchange import AnsweredDynamics, encode

# Spikes per bin that stand for numbers beyond all bounds: such rates score low, but a number.
_MOST = 1e6

Infer = Callable[[Batch, torch.Generator], Inferred]


class Material:
    """The trials of a recording in a network's order of neurons, in pieces that fit into memory."""

    def __init__(self, recording: Recording, draws: Draws, piece_trials: int) -> None:
        self.recording, self.draws, self.piece_trials = recording, draws, piece_trials
        self.order = Order.of(recording)
        self.trials = {split: Trials(recording, split, self.order) for split in SPLITS}
        self.train = self.trials["train"]
        self.mean_counts = self.train.mean_counts

    def draw_windows(self, window_bins: int | None, epoch: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Draw the windows of an epoch: trials, first bins, and the length that all have.

        Of every train trial there are as many as fit into it side by side, in random order and at random
        places; without `window_bins`, one as long as the longest trial.
        """
        valid = self.train.valid
        rng = self.draws.stream("order", epoch)
        length = window_bins or valid.shape[1]
        first, n_bins = valid.argmax(axis=1), valid.sum(axis=1)
        rows = np.repeat(np.arange(len(valid)), np.maximum(n_bins // length, 1))
        last_start = np.minimum(first + np.maximum(n_bins - length, 0), valid.shape[1] - length)[rows]
        starts = rng.integers(np.minimum(first[rows], last_start), last_start + 1)
        chosen = rng.permutation(len(rows))
        return rows[chosen], starts[chosen], length

    def val_co_bps(self, network: SequentialModel, device: torch.device, purpose: str) -> float:
        """Give the bits per spike of the hidden neurons on whole validation trials; 0 without a spike."""
        val, n_visible, bits = self.trials["val"], len(self.order.visible), []
        for rows, inferred in self._inferred("val", network, network.preview, device, purpose):
            hidden = np.nan_to_num(inferred.expected[..., n_visible:].cpu().numpy(), nan=_MOST, posinf=_MOST)
            seen = val.valid[rows][:, :, None]
            if val.observed is not None:
                seen = seen & val.observed[rows][:, None, n_visible:]
            bits.append(SpikeSums.of(val.counts[rows][..., n_visible:], hidden, seen, bin_s=1.0))
        sums = SpikeSums(
            np.concatenate([some.log_likelihood for some in bits]),
            np.concatenate([some.spikes for some in bits]),
            np.concatenate([some.n for some in bits]),
        )
        return float(np.nan_to_num(sums.bits_per_spike(np.ones((1, len(val))))[0]))

    def answer(self, split: str, network: SequentialModel, device: torch.device) -> SplitAnswer:
        """Answer a split; MethodError if rates are beyond all bounds."""
        purpose = f"answer {split}"
        n_trials, found = len(self.trials[split]), {}
        for rows, inferred in self._inferred(split, network, network.infer, device, purpose):
            expected = inferred.expected.cpu().numpy()
            if not np.isfinite(expected).all():
                raise MethodError("rates grew beyond all bounds; lower fitting.learning_rate")
            said = {"rates_hz": self.order.restored(expected / np.float32(self.recording.bin_s))}
            said["states"] = inferred.states.cpu().numpy()
            if inferred.inputs is not None:
                said["inputs"] = inferred.inputs.cpu().numpy()
            for name, array in said.items():
                if name not in found:
                    found[name] = scratch.empty((n_trials, *array.shape[1:]), array.dtype)
                found[name][rows] = array
        return SplitAnswer(**found)

    def dynamics(self, network: SequentialModel) -> AnsweredDynamics | None:
        """Give the step and the rates in the recording's order of neurons, if the network has a step."""
        law = network.law()
        if law is None:
            return None
        to_log_hz = self.order.restored(law.weight.T)
        at_zero = self.order.restored(law.bias) - np.log(self.recording.bin_s)
        return encode(
            law.step,
            lambda states: array_namespace(states).exp(states @ to_log_hz + at_zero),
            len(to_log_hz),
            law.n_inputs,
            law.inputs,
        )

    def _inferred(
        self, split: str, network: SequentialModel, infer: Infer, device: torch.device, purpose: str
    ) -> Iterator[tuple[np.ndarray, Inferred]]:
        """Yield the trials of a split in pieces, and what the network says of them."""
        network.eval()
        trials = self.trials[split]
        for first in range(0, len(trials), self.piece_trials):
            rows = np.arange(first, min(first + self.piece_trials, len(trials)))
            batch = trials.whole(rows, self.mean_counts, device)
            with torch.no_grad():
                yield rows, infer(batch, self.draws.generator(purpose, first, device))
