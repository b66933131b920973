"""Hidden Markov models with Poisson counts: hmmlearn's, with their likelihood as matrix products."""

from __future__ import annotations

import numpy as np
from hmmlearn.hmm import PoissonHMM
from scipy.special import gammaln


class PoissonChain(PoissonHMM):
    """hmmlearn's model; the likelihoods, its slowest part, are the same numbers from a product of matrices.

    The method that is replaced is the one that hmmlearn's tutorial names for emissions of one's own.
    """

    def _compute_log_likelihood(self, X: np.ndarray) -> np.ndarray:
        """Give the log probability (bin, state) of counts (bin, neuron)."""
        fixed = gammaln(X + 1.0).sum(axis=1, keepdims=True)
        return X @ np.log(self.lambdas_).T - self.lambdas_.sum(axis=1) - fixed

    def of(self, neurons: np.ndarray) -> PoissonChain:
        """Give the model of some neurons alone: the same chain with fewer columns of rates."""
        part = PoissonChain(self.n_components)
        part.startprob_, part.transmat_ = self.startprob_, self.transmat_
        part.lambdas_ = self.lambdas_[:, neurons]
        return part


def fit_chain(
    counts: np.ndarray,
    lengths: np.ndarray,
    means: np.ndarray,
    leave: float,
    prior_spikes: float,
    max_iterations: int,
    tolerance: float,
) -> PoissonChain:
    """Fit by EM.

    Parameters
    ----------
    counts : (bin, neuron) int
        Spikes per bin of all trials, one after the other.
    lengths : (trial,)
        Bins of each trial.
    means : (state, neuron)
        Mean counts to start from.
    leave : float
        Probability of leaving a state in a bin, to start from.
    prior_spikes : float
        Added to the spikes of each neuron, so that no rate is 0.
    max_iterations : int
    tolerance : float
        EM ends when an iteration gains less, in nats per bin of a neuron.
    """
    n_states = len(means)
    model = PoissonChain(
        n_states,
        lambdas_prior=prior_spikes,
        n_iter=max_iterations,
        tol=tolerance * counts.size,
        init_params="",
    )
    model.startprob_ = np.full(n_states, 1 / n_states)
    model.transmat_ = np.full((n_states, n_states), leave / max(n_states - 1, 1))
    np.fill_diagonal(model.transmat_, 1 - leave if n_states > 1 else 1.0)
    model.lambdas_ = means
    return model.fit(counts, lengths)
