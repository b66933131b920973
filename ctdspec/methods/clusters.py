"""States without any memory: clusters of smoothed spikes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec.methods.baseline import Baseline
from ctdspec.methods.kernel import smoothed_hz
from ctdspec.methods.readout import bits_of
from ctdspec.methods.selection import best, for_selection
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, SplitAnswer

# As if half a spike of each neuron had been seen: a rate of 0 is never certain.
_PRIOR_SPIKES = 0.5


class Clusters(Baseline):
    """Each bin is in the nearest of some clusters (k-means) of the held-in neurons' smoothed spikes.

    States are 1 for the cluster of a bin and 0 for the others. In each, every neuron has the mean rate of the
    train bins. What comes before and after a bin counts only through the smoothing.
    """

    kind: Literal["clusters"]
    n_states: list[Annotated[int, Field(ge=1, le=1000)]] = Field(min_length=1, max_length=32)
    """Numbers of clusters to choose from."""
    widths_s: list[PositiveFloat] = Field(min_length=1, max_length=32)
    """Standard deviations of the kernel to choose from, in seconds."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose number and width by held-out neurons on validation trials; then answer."""
        settings = [(n, width_s) for n in self.n_states for width_s in self.widths_s]
        selection = for_selection(recording)
        bits = [
            bits_of(
                self._answered(selection, ("val",), *setting)["val"].rates_hz[..., selection.held_out],
                selection,
            )
            for setting in settings
        ]
        n_states, width_s = settings[best(bits)]
        splits = self._answered(recording, tuple(recording.splits), n_states, width_s)
        parameters = {"n_states": n_states, "width_s": width_s, "val_co_bps": max(bits)}
        return Answer(self.name, recording.dataset, splits, parameters=parameters)

    def _answered(
        self, recording: Recording, splits: tuple[str, ...], n_states: int, width_s: float
    ) -> dict[str, SplitAnswer]:
        from sklearn.cluster import KMeans

        train = recording.splits["train"]
        rows = np.sqrt(smoothed_hz(recording, "train", width_s)[train.valid])
        clusters = KMeans(n_states, random_state=0).fit(rows)
        counts, seen = train.spikes[train.valid], np.broadcast_to(train.seen, train.spikes.shape)[train.valid]
        member = np.eye(n_states)[clusters.labels_]
        bins = np.maximum(member.T @ seen, 1)
        rates_hz = (member.T @ np.where(seen, counts, 0) + _PRIOR_SPIKES) / (bins + 1) / recording.bin_s
        answers = {}
        for split in splits:
            smoothed = np.sqrt(smoothed_hz(recording, split, width_s))
            labels = np.asarray(clusters.predict(smoothed.reshape(-1, smoothed.shape[2])))
            labels = labels.reshape(smoothed.shape[:2])
            answers[split] = SplitAnswer(
                rates_hz[labels].astype(np.float32), np.eye(n_states, dtype=np.float32)[labels]
            )
        return answers
