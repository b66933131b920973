"""Discrete states: which one is on, and for how long."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case, Need
from ctdspec.metrics.metric import INF, Group, Metric

_NEEDS: frozenset[Need] = frozenset({"probabilities"})


def label_scores(
    train: tuple[np.ndarray, np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray, np.ndarray],
    weights: np.ndarray,
) -> dict[str, Estimate]:
    """Compare labels of bins whose names may differ.

    Parameters
    ----------
    train, test
        True labels and found ones (trial, time), from 0, and which bins count (trial, time) bool.
    weights : (1 + resample, test trial)
        From `trial_weights`.

    Returns
    -------
    ``label_accuracy``: share of the test bins whose found label stands for the true one. Which stands for
    which is the best one-to-one assignment on train trials (Kuhn 1955); labels that are left over are wrong.
    ``label_information``: mutual information of the labels over the mean of their entropies (Strehl & Ghosh
    2002). ``dwell_octaves``: by how many factors of two the mean length of a found visit differs from that of
    a true one.
    """
    n_true, n_found = (max(int(part[kind].max()) for part in (train, test)) + 1 for kind in (0, 1))
    matched = matching(_tables(*train, n_true, n_found).sum(axis=0))
    true, found, valid = test
    tables = _tables(true, found, valid, n_true, n_found)
    bins = weights @ valid.sum(axis=1)
    hits = np.where(matched[found] == true, valid, False).sum(axis=1)
    together = np.tensordot(weights, tables, axes=1) / bins[:, None, None]
    lengths = [weights @ _visits(one, valid) for one in (true, found)]
    return {
        "label_accuracy": Estimate.from_resamples(weights @ hits / bins),
        "label_information": Estimate.from_resamples(_information(together)),
        "dwell_octaves": Estimate.from_resamples(np.abs(np.log2(lengths[0] / lengths[1]))),
    }


def matching(table: np.ndarray) -> np.ndarray:
    """Give the true label (found label,) that each found one stands for; -1 for none.

    Parameters
    ----------
    table : (true label, found label)
        How often they meet.
    """
    from scipy.optimize import linear_sum_assignment

    true, found = linear_sum_assignment(table, maximize=True)
    matched = np.full(table.shape[1], -1)
    matched[found] = true
    return matched


def _tables(true: np.ndarray, found: np.ndarray, valid: np.ndarray, n_true: int, n_found: int) -> np.ndarray:
    """Count how often labels meet in each trial, (trial, true label, found label)."""
    pairs = true * n_found + found
    counts = [
        np.bincount(row[inside], minlength=n_true * n_found) for row, inside in zip(pairs, valid, strict=True)
    ]
    return np.stack(counts).reshape(-1, n_true, n_found).astype(float)


def _information(together: np.ndarray) -> np.ndarray:
    """Give the normalised mutual information (resample,) of joint shares (resample, true, found).

    1 if neither label ever changes: they agree.
    """
    true, found = together.sum(axis=2), together.sum(axis=1)
    entropies = _entropy(true) + _entropy(found)
    shared = entropies - _entropy(together.reshape(len(together), -1))
    return np.divide(2 * shared, entropies, out=np.ones(len(shared)), where=entropies > 0)


def _entropy(shares: np.ndarray) -> np.ndarray:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(shares * logs).sum(axis=1)


def _visits(labels: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Count the visits of each trial (trial,): runs of bins with one label."""
    changes = (labels[:, 1:] != labels[:, :-1]) & valid[:, 1:] & valid[:, :-1]
    return valid.any(axis=1) + changes.sum(axis=1)


def _scores(case: Case) -> dict[str, Estimate]:
    return label_scores(_labels(case, "train"), _labels(case, "test"), case.weights)


def _labels(case: Case, split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    true, states = case.truth.splits[split], case.answer.splits[split].states
    assert true.labels is not None, "needed by the metrics"
    assert states is not None, "needed by the metrics"
    return true.labels, states.argmax(axis=2), true.valid


def _chance(case: Case) -> dict[str, Estimate]:
    """Give how short visits are if the states of bins are drawn one by one, as often as the true ones."""
    labels = case.test.labels
    assert labels is not None, "needed by the metrics"
    shares = np.bincount(labels[case.test.valid]) / case.test.valid.sum()
    n_bins, n_trials = case.test.valid.sum(), len(labels)
    drawn = n_trials + (n_bins - n_trials) * (1 - np.sum(shares**2))
    octaves = np.log2(drawn / _visits(labels, case.test.valid).sum())
    return {"dwell_octaves": Estimate.certain(abs(float(octaves)))}


LABELS = Group(
    (
        Metric(
            id="label_accuracy",
            version=1,
            title="Discrete states, accuracy",
            needs=_NEEDS,
            low=0,
            summary="Share of the bins whose most probable state is the true one, once states are matched "
            "one to one.",
            invariant_to="names of the states, and how sure the answer is of the most probable one",
            fooled_by="rare states may be missing; a state that is split in two costs what a wrong one does",
        ),
        Metric(
            id="label_information",
            version=1,
            title="Discrete states, information",
            needs=_NEEDS,
            low=0,
            summary="Mutual information of true and most probable states over the mean of their entropies.",
            invariant_to="names of the states, and how sure the answer is of the most probable one",
            fooled_by="more states than there are cost little",
        ),
        Metric(
            id="dwell_octaves",
            version=1,
            title="Discrete states, dwell times",
            needs=_NEEDS,
            direction="lower",
            low=0,
            high=INF,
            summary="Factors of two between the mean length of a visit to a state in the answer and in the "
            "truth.",
            invariant_to="names of the states, and how sure the answer is of the most probable one",
            fooled_by="which state is on is not asked for, nor how the dwell times of states differ",
            chance="states of bins drawn one by one, as often as the true ones",
        ),
    ),
    _scores,
    _chance,
)
"""Recovery of discrete states."""
