"""Whether everything is where it should be: axes, trials, neurons.

All three compare how well the answered rates fit the held-in spikes of the test trials, which anyone has: as
they are, and in another order. The other order is found on one half of the data and judged on the other, so
that chance gains nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ctdspec import scratch
from ctdspec.checks.evidence import Evidence
from ctdspec.checks.question import Check, Question
from ctdspec.submissions.expected import Problem

MIN_ITEMS = 8
"""Fewer trials or neurons say too little about their order."""

MOST_TRIALS = 1000
"""Trials whose place is looked for among all: more would be no surer, and take time by the square."""

MAX_PARTS = 50
"""Most parts that the trials are put into where they are averaged over."""

AXES = Question(
    "SUB-VAL-007",
    "Are the axes trial, time, neuron, and does time run forwards?",
    "Where two axes have the same length, a transposed array has the right shape and is wrong everywhere.",
    "put the axes into the order trial, time, neuron (np.transpose), and time forwards",
    ("sds",),
)
TRIALS = Question(
    "SUB-VAL-008",
    "Is each trial's answer where the dataset has that trial?",
    "Data loaders shuffle, and sort by condition. Answers to other trials score like chance.",
    "undo the shuffle: answer row k belongs to trial k of the split, in the order of the NWB file",
    ("sds", "share"),
)
NEURONS = Question(
    "SUB-VAL-009",
    "Are the neurons in the order of their ids?",
    "Methods often put held-in neurons first. The order of the dataset is that of the ids, held-in and "
    "held-out mixed.",
    "sort the columns by the neurons' ids, the order of the units in the train file",
    ("sds", "share"),
)


def axes(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that another reading of the axes fits the spikes better in most trials."""
    rates_hz, spikes = evidence.rates_hz, evidence.spikes
    if rates_hz is None or spikes is None or len(rates_hz) < MIN_ITEMS:
        return
    own = _fit_of_trials(evidence, rates_hz)
    readings = {"time backwards": rates_hz[:, ::-1]}
    for first, second, names in (
        (1, 2, "time and neuron"),
        (0, 1, "trial and time"),
        (0, 2, "trial and neuron"),
    ):
        if rates_hz.shape[first] == rates_hz.shape[second]:
            readings[f"{names} exchanged"] = rates_hz.swapaxes(first, second)
    for reading, array in readings.items():
        if _sds(_fit_of_trials(evidence, array) - own) > thresholds["sds"]:
            found = f"rates that fit the held-in spikes better with {reading}"
            yield AXES.problem("test/rates_hz", found, "axes (trial, time, neuron)")


def trials(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that the trials' answers fit the spikes of other trials."""
    if evidence.held_in_hz is None or evidence.spikes is None:
        return
    spikes, rates = _blocks(evidence, evidence.held_in_hz)
    own = np.unique(np.linspace(0, len(spikes) - 1, min(len(spikes), MOST_TRIALS), dtype=int))
    first, second = (
        _fit(spikes[own][..., half].reshape(len(own), -1), rates[..., half].reshape(len(rates), -1))
        for half in (slice(0, None, 2), slice(1, None, 2))
    )
    if found := _misplaced(first, second[None], own, thresholds):
        some = f" of {len(own)} looked at" if len(own) < len(spikes) else ""
        place = "test/rates_hz"
        yield TRIALS.problem(place, f"{found} trials{some} whose rates fit others", "the dataset's order")


def neurons(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that the spikes of held-in neurons fit the columns of other neurons, held-out ones included."""
    if evidence.rates_hz is None or evidence.spikes is None or not evidence.seen_by_all:
        return
    own = np.flatnonzero(evidence.recording.held_in)
    spikes = evidence.in_blocks(evidence.spikes, evidence.seen)
    rates = _floored(evidence.in_blocks(evidence.rates_hz, evidence.seen[..., :1]), spikes)
    by_neuron = [array.transpose(2, 0, 1) for array in (spikes, rates)]
    finding = _fit(*(array[:, ::2].reshape(len(array), -1) for array in by_neuron))
    # Neurons are few, and unlike each other: what is sure is judged over the trials.
    parts = np.array_split(np.arange(1, len(spikes), 2), min(MAX_PARTS, len(spikes) // 2 or 1))
    judging = [_fit(*(array[:, part].reshape(len(array), -1) for array in by_neuron)) for part in parts]
    if found := _misplaced(finding, np.stack(judging), own, thresholds):
        yield NEURONS.problem(
            "test/rates_hz", f"{found} held-in neurons whose rates fit others", "their ids' order"
        )


def _blocks(evidence: Evidence, rates_hz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give counts and expected counts (trial, block, neuron), whose level is that of the counts."""
    assert evidence.spikes is not None, "asked for only where there are spikes"
    spikes = evidence.in_blocks(evidence.spikes, evidence.seen)
    return spikes, _floored(evidence.in_blocks(rates_hz, evidence.seen), spikes)


def _floored(rates: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """Bring rates to the level of the spikes; a floor far below one spike keeps logarithms finite."""
    rates = np.maximum(rates, 0)
    return np.maximum(rates * spikes.mean() / max(rates.mean(), 1e-12), 1e-3)


def _fit(spikes: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Give the Poisson log-likelihood (item, item) of each item's counts under each item's rates."""
    return spikes @ np.log(rates).T - rates.sum(axis=1)


def _fit_of_trials(evidence: Evidence, rates_hz: np.ndarray) -> np.ndarray:
    spikes, rates = _blocks(evidence, scratch.columns(rates_hz, evidence.recording.held_in))
    return (spikes * np.log(rates) - rates).sum(axis=(1, 2))


def _sds(gains: np.ndarray) -> float:
    """Give how many standard errors above zero the mean is."""
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
    return float(gains.mean() / error) if error > 0 else 0.0


def _misplaced(
    finding: np.ndarray, judging: np.ndarray, own: np.ndarray, thresholds: Mapping[str, float]
) -> int:
    """Count items that are elsewhere; 0 unless another order is clearly better than the given one.

    Parameters
    ----------
    finding : (item, candidate)
        Fits by which another order is found.
    judging : (part, item, candidate)
        Fits by which it is judged, over the parts of the data, or over the items if there is one part.
    own : (item,)
        The candidate in each item's own place.
    """
    from scipy.optimize import linear_sum_assignment

    if len(finding) < MIN_ITEMS:
        return 0
    finding, judging = _interaction(finding), _interaction(judging)
    items, order = linear_sum_assignment(finding, maximize=True)
    better = judging[:, items, order]
    gains = better - judging[:, items, own]
    clear = gains.sum() > thresholds["share"] * better.sum()
    sure = _sds(gains.sum(axis=1) if len(gains) > 1 else gains[0]) > thresholds["sds"]
    return int((order != own).sum()) if clear and sure else 0


def _interaction(fits: np.ndarray) -> np.ndarray:
    """Take off what an item or a candidate brings into every pairing, which is no matter of order."""
    by_candidate, by_item = fits.mean(axis=-2, keepdims=True), fits.mean(axis=-1, keepdims=True)
    return fits - by_candidate - by_item + fits.mean(axis=(-2, -1), keepdims=True)


CHECKS = (Check(AXES, axes), Check(TRIALS, trials), Check(NEURONS, neurons))
