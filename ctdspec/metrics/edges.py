"""Who drives whom: an answered connectivity beside the true one."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate, trial_weights
from ctdspec.metrics.case import Case, Need
from ctdspec.metrics.events import auroc
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.references import shuffled_pairs
from ctdspec.seeds import stream

_SHUFFLES = 200
_CEILING = "the true couplings as an answer"
_CHANCE = f"the true couplings, shuffled among all pairs: the mean of {_SHUFFLES} shuffles"


def edge_scores(
    true: np.ndarray, found: np.ndarray, hubs: np.ndarray | None, weights: np.ndarray
) -> dict[str, Estimate]:
    """Compare weights of edges; those of a neuron to itself are left out.

    Parameters
    ----------
    true, found : (neuron, source neuron)
        What is not 0 in `true` is an edge.
    hubs : (neuron,) bool, optional
        Neurons that speak to many.
    weights : (1 + resample, neuron)
        How often each neuron that hears counts, from `trial_weights`.

    Returns
    -------
    ``edge_auroc``: probability that a pair with an edge has a larger absolute weight than one without, ties
    half. ``edge_precision``: average precision of the same ranking. ``edge_correlation``: Pearson's, of true
    and found weights. ``edge_sign``: share of edges whose weight has the right sign; 0 has none.
    ``edge_direction``: of pairs of neurons with an edge in one direction only, the share with the larger
    absolute weight in that direction, ties half. ``hub_recall``: share of the hubs among as many neurons of
    the largest sums of absolute weights that they speak with, ties at random on average. NaN where there is
    nothing to ask.
    """
    apart = ~np.eye(len(true), dtype=bool)
    edges, size = apart & (true != 0), np.abs(found.astype(float))
    right = edges & (np.sign(true) == np.sign(found))
    single = edges & ~edges.T
    ahead = np.where(single, (np.sign(size - size.T) + 1) / 2, 0)
    values = {
        "edge_auroc": auroc(size, edges, apart, weights),
        "edge_precision": average_precision(size, edges, apart, weights),
        "edge_correlation": _correlation(true.astype(float), found.astype(float), apart, weights),
        "edge_sign": _share(right, edges, weights),
        "edge_direction": _share(ahead, single, weights),
    }
    if hubs is not None:
        values["hub_recall"] = _hub_recall(np.where(apart, size, 0), hubs, weights)
    return {name: Estimate.from_resamples(column) for name, column in values.items()}


def average_precision(
    size: np.ndarray, edges: np.ndarray, pairs: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Give Σ (recall gained) × precision over the thresholds from the largest value down, (1 + resample,).

    Equal values pass together. NaN where there is no edge.

    Parameters
    ----------
    size : (neuron, source neuron)
    edges, pairs : (neuron, source neuron) bool
        Pairs with an edge, and all that are ranked.
    weights : (1 + resample, neuron)
    """
    rows = np.nonzero(pairs)[0]
    order = np.argsort(-size[pairs], kind="stable")
    ranked, is_edge, rows = size[pairs][order], edges[pairs][order], rows[order]
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    found = np.empty(len(weights))
    for index, weight in enumerate(weights):
        counted = weight[rows]
        hits = np.cumsum(counted * is_edge)[last]
        precision = np.divide(
            hits, passed := np.cumsum(counted)[last], out=np.zeros(len(last)), where=passed > 0
        )
        found[index] = np.sum(np.diff(hits, prepend=0) * precision) / hits[-1] if hits[-1] else np.nan
    return found


def _share(hits: np.ndarray, asked: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights @ asked.sum(axis=1)
    return np.divide(weights @ hits.sum(axis=1), total, out=np.full(len(weights), np.nan), where=total > 0)


def _correlation(true: np.ndarray, found: np.ndarray, pairs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give Pearson's correlation; 0 where one does not vary at all."""
    sums = [
        weights @ np.where(pairs, product, 0).sum(axis=1)
        for product in (np.ones_like(true), true, found, true * true, found * found, true * found)
    ]
    n, x, y, xx, yy, xy = sums
    spread = np.sqrt(np.maximum(n * xx - x * x, 0) * np.maximum(n * yy - y * y, 0))
    scale = 1e-9 * n * np.sqrt(xx * yy)
    return np.divide(n * xy - x * y, spread, out=np.zeros(len(n)), where=spread > scale)


def _hub_recall(size: np.ndarray, hubs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    n_hubs, spoken = int(hubs.sum()), weights @ size
    bar = np.sort(spoken, axis=1)[:, -n_hubs, None]
    above, level = spoken > bar, spoken == bar
    left = (n_hubs - above.sum(axis=1)) / level.sum(axis=1)
    return ((above & hubs).sum(axis=1) + left * (level & hubs).sum(axis=1)) / n_hubs


def _scores(case: Case) -> dict[str, Estimate]:
    truth, found = case.truth.wiring, case.answer.connectivity
    assert truth is not None, "needed by the metrics"
    assert found is not None, "needed by the metrics"
    weights = trial_weights(len(found), stream(case.seed, "metrics/bootstrap/neurons"))
    return edge_scores(truth.weights, found, truth.hubs, weights)


def _chance(case: Case) -> dict[str, Estimate]:
    truth = case.truth.wiring
    assert truth is not None, "needed by the metrics"
    rng, once = stream(case.seed, "metrics/chance/edges"), np.ones((2, len(truth.weights)))
    drawn = [
        edge_scores(truth.weights, shuffled_pairs(truth.weights, rng), truth.hubs, once)
        for _ in range(_SHUFFLES)
    ]
    return {
        name: Estimate.certain(float(np.mean([scores[name].value for scores in drawn]))) for name in drawn[0]
    }


_EDGES: frozenset[Need] = frozenset({"connectivity"})
_HUBS: frozenset[Need] = frozenset({"connectivity", "hubs"})
_RANKED = "signs, and any growing function of the absolute weights"


EDGES = Group(
    (
        Metric(
            id="edge_auroc",
            version=1,
            title="Edges, ROC",
            needs=_EDGES,
            low=0,
            summary="Probability that a pair of neurons with an edge has a larger absolute weight than one "
            "without.",
            invariant_to=_RANKED,
            fooled_by="signs; many false edges beside few true ones in a sparse circuit; hubs that drive all",
            ceiling=_CEILING,
            chance=_CHANCE,
        ),
        Metric(
            id="edge_precision",
            version=1,
            title="Edges, average precision",
            needs=_EDGES,
            low=0,
            summary="Average precision of the edges, ranked by absolute weight.",
            invariant_to=_RANKED,
            fooled_by="signs; hubs that drive all",
            ceiling=_CEILING,
            chance=_CHANCE,
        ),
        Metric(
            id="edge_correlation",
            version=1,
            title="Edges, correlation",
            needs=_EDGES,
            low=-1,
            summary="Correlation of answered and true weights over all pairs of neurons.",
            invariant_to="a positive factor of all weights",
            fooled_by="a few large weights are most of it",
            ceiling=_CEILING,
            chance=_CHANCE,
        ),
        Metric(
            id="edge_sign",
            version=1,
            title="Edges, sign",
            needs=_EDGES,
            low=0,
            summary="Share of the edges whose answered weight has the right sign.",
            invariant_to="absolute weights, but 0",
            fooled_by="edges that are not there cost nothing; one sign per source neuron, everywhere",
            ceiling=_CEILING,
            chance=_CHANCE,
        ),
        Metric(
            id="edge_direction",
            version=1,
            title="Edges, direction",
            needs=_EDGES,
            low=0,
            summary="Of pairs of neurons with an edge in one direction only, the share whose larger absolute "
            "weight is in that direction.",
            invariant_to=_RANKED,
            fooled_by="edges that are not there cost nothing; hubs that drive all",
            ceiling=_CEILING,
            chance=_CHANCE,
        ),
        Metric(
            id="hub_recall",
            version=1,
            title="Hubs",
            needs=_HUBS,
            low=0,
            summary="Share of the hubs that are among as many neurons with the largest sums of absolute "
            "outgoing weights.",
            invariant_to="signs, and a factor of all weights",
            fooled_by="whom a hub drives is not asked for",
            ceiling=_CEILING,
            chance=_CHANCE,
        ),
    ),
    _scores,
    _chance,
)
"""Recovery of the circuit. Intervals are over neurons that hear, not over trials."""
