"""Back-propagation through time; the part of it that needs PyTorch."""

from __future__ import annotations

import numpy as np
import torch

from ctdspec.errors import MethodError
from ctdspec.methods.bptt import Bptt
from ctdspec.methods.rate_law import RateLaw
from ctdspec.methods.student import Series
from ctdspec.seeds import stream
from ctdspec.systems._lightning import one_thread


def train_weights(method: Bptt, train: Series, seed: int) -> RateLaw:
    """Train the weights by stochastic gradient descent; every draw comes from a stream of its epoch.

    Raises
    ------
    MethodError
        If the loss is no longer finite.
    """
    activity, inputs = windows(train, method.window_bins)
    units = activity.shape[2] + method.hidden
    rng = stream(seed, f"methods/{method.name}/weights")
    first = method.initial_sd * rng.standard_normal((units, units + inputs.shape[2])) / np.sqrt(units)
    with one_thread():
        weights = torch.tensor(first, requires_grad=True)
        optimiser = torch.optim.SGD([weights], lr=method.learning_rate, momentum=method.momentum)
        for epoch in range(method.epochs):
            draws = stream(seed, f"methods/{method.name}/epochs", epoch)
            order = draws.permutation(len(activity))
            for start in range(0, len(order), method.batch):
                chosen = order[start : start + method.batch]
                forced = draws.random((activity.shape[1], len(chosen), 1)) < method.teacher_forcing
                optimiser.zero_grad()
                loss = _loss(method, weights, activity[chosen], inputs[chosen], forced, train.bin_s)
                if not torch.isfinite(loss):
                    raise MethodError(
                        f"data model {method.name!r}: the loss is {loss.item()} in epoch {epoch}; lower"
                        " learning_rate, or raise teacher_forcing"
                    )
                loss.backward()
                torch.nn.utils.clip_grad_norm_([weights], method.clip)
                optimiser.step()
    found, share = weights.detach().numpy(), method.unit.share(train.bin_s)
    return RateLaw(found[:, :units], found[:, units:], share, method.unit.phi, "leaky_current")


def windows(train: Series, window_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Give windows of activity (window, time, neuron) and inputs (window, time, input), half overlapping.

    Raises
    ------
    MethodError
        If no trial is as long as a window.
    """
    length = min(window_bins, train.valid.shape[1])
    starts = range(0, train.valid.shape[1] - length + 1, max(1, length // 2))
    cut = [(i, s) for i in range(len(train.valid)) for s in starts if train.valid[i, s : s + length].all()]
    if not cut:
        raise MethodError(f"no trial has {length} bins without a gap; take a smaller window_bins")
    activity = np.stack([train.activity[i, s : s + length] for i, s in cut])
    return activity, np.stack([train.inputs[i, s : s + length] for i, s in cut])


def _loss(
    method: Bptt,
    weights: torch.Tensor,
    activity: np.ndarray,
    inputs: np.ndarray,
    forced: np.ndarray,
    bin_s: float,
) -> torch.Tensor:
    """Run some windows, and give the mean over them of the summed squared error."""
    share, n_seen = method.unit.share(bin_s), activity.shape[2]
    wanted, given, set_to = (torch.as_tensor(array) for array in (activity, inputs, forced))
    hidden = torch.zeros((len(activity), method.hidden), dtype=torch.float64)
    seen, total = wanted[:, 0], torch.zeros((), dtype=torch.float64)
    for t in range(1, wanted.shape[1]):
        states = torch.cat([torch.where(set_to[t], wanted[:, t - 1], seen), hidden], dim=1)
        regressors = torch.cat([_phi(method, states), given[:, t]], dim=1)
        states = (1 - share) * states + share * (regressors @ weights.T)
        seen, hidden = states[:, :n_seen], states[:, n_seen:]
        total = total + torch.sum((_phi(method, seen) - _phi(method, wanted[:, t])) ** 2)
    return total / len(activity)


def _phi(method: Bptt, states: torch.Tensor) -> torch.Tensor:
    return torch.tanh(states) if method.unit.phi == "tanh" else states
