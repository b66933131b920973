"""Whether the states of an answer follow a linear law like that of the truth: the scored metric of `dsa`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctdspec.metrics.alignment import Alignment
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.dsa import DsaSettings, half_distances
from ctdspec.metrics.pair import StatePair
from ctdspec.metrics.surrogates import matched_ou
from ctdspec.seeds import stream

MAX_TRIALS = 40
MAX_COMPONENTS = 6
COMPONENTS_SHARE = 0.99
SETTINGS = DsaSettings(n_delays=10, rank=20, n_starts=4, n_splits=4)


def dsa_scores(case: Case) -> dict[str, Estimate]:
    """Compare one half of the true trials with the other half of the answer's, mapped to the latents."""
    found = _compared(case)
    return {} if found is None else _distances(case, *found)


def dsa_chance(case: Case) -> dict[str, Estimate]:
    """Compare the truth with the linear process of the same mean, covariance and one-bin covariance."""
    found = _compared(case)
    if found is None:
        return {}
    true, _, valid = found
    made = matched_ou(true, valid, stream(case.seed, "metrics/dsa/surrogate"))
    return _distances(case, true, made, valid)


def _compared(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Give leading components of latents and mapped states, and valid bins; None if trials are too short."""
    train, test = (
        StatePair(pair.true, pair.inferred, pair.valid)
        for pair in case.pairs(lambda truth: truth.latents, lambda answer: answer.states)
    )
    some = slice(MAX_TRIALS)
    train, test = (
        replace(part, latents=part.latents[some], states=part.states[some], valid=part.valid[some])
        for part in (train, test)
    )
    if len(test.valid) < 2 or test.valid.sum(axis=1).min() <= 2 * SETTINGS.n_delays:
        return None
    rows = train.latents[train.valid].astype(float)
    variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(rows.T)))
    shares = np.cumsum(variances[::-1]) / variances.sum()
    n = min(MAX_COMPONENTS, 1 + int(np.searchsorted(shares, COMPONENTS_SHARE)))
    leading = axes[:, ::-1][:, :n]
    mapped = Alignment.fit(train).to_latents(test.states.astype(float))
    return test.latents @ leading, mapped @ leading, test.valid


def _distances(case: Case, true: np.ndarray, made: np.ndarray, valid: np.ndarray) -> dict[str, Estimate]:
    return half_distances(true, made, valid, SETTINGS, stream(case.seed, "metrics/dsa"))
