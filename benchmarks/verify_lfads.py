"""LFADS of kind `lfads` beside the LFADS tutorial of google-research/computation-thru-dynamics (Apache-2.0).

Run as ``uv run --extra train --with jax python benchmarks/verify_lfads.py CLONE``, where CLONE is a clone of
https://github.com/google-research/computation-thru-dynamics. With the same weights, counts and noise, in
double precision, every posterior, state, factor, log rate and term of the loss is computed by both; the
largest difference of each is printed. Exits with 1 if one is larger than 10⁻¹⁰ of the largest number.

Two things differ by design, and are made alike here: the tutorial has one encoder for initial states and
controller, ours has two (here with equal weights); its controller sees factors of 0 in the first bin, ours
those of the initial state (so its one-step function is run from there).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np
import torch

from ctdspec.methods._lfads import Network, Noise
from ctdspec.methods._sequential import Batch
from ctdspec.methods.lfads import LFADS
from ctdspec.methods.trained import Sizes
from ctdspec.seeds import stream

TRIALS, BINS, NEURONS, UNITS, INPUTS, FACTORS = 7, 40, 12, 16, 3, 5
SETTINGS = {
    "kind": "lfads", "name": "lfads", "encoder_units": 11, "generator_units": UNITS, "factors": FACTORS,
    "initial_state": {"latents": UNITS, "prior_variance": 0.1, "least_variance": 0.0},
    "inferred_inputs": {"units": 9, "inputs": INPUTS, "correlation_bins": 5.0, "noise_variance": 0.1},
    "weights": {
        "initial_state": 1.0, "inputs": 1.0, "generator": 0.0, "controller": 0.0, "divergence_epochs": 0,
        "recurrent_epochs": 0,
    },
    "inputs": "none", "dropout": 0.0, "coordinated_dropout": 0.0, "samples": 1, "states": "generator",
    "fitting": {
        "batch_trials": 10, "learning_rate": 0.01, "warmup_steps": 0, "decay": 1.0, "plateau_checks": 1,
        "patience_checks": 2, "check_every_epochs": 1, "max_epochs": 1, "gradient_clip": 1.0,
        "weight_decay": 0.0, "device": "cpu",
    },
}  # fmt: skip


def import_tutorial(clone: Path) -> tuple[Any, Any, Any]:
    """Import its modules, with a stand-in for a module that JAX lost and the forward pass never uses."""
    gone = ModuleType("jax.experimental.optimizers")
    jax.experimental.optimizers = gone  # type: ignore[attr-defined]
    sys.modules[gone.__name__] = gone
    sys.path.insert(0, str(clone))
    from lfads_tutorial import distributions, lfads, utils  # type: ignore[import-not-found]

    return lfads, distributions, utils


def our_network() -> Network:
    """Give a network whose weights are all at random and whose two encoders are the same."""
    network = Network(LFADS.model_validate(SETTINGS), sizes(), stream(0, "verify")).double()
    rng = stream(1, "verify")
    with torch.no_grad():
        for array in network.parameters():
            array.add_(torch.from_numpy(0.3 * rng.standard_normal(array.shape)))
        for array in network.encoder.parameters():
            array[2:] = array[:2]
        network.from_initial.weight.copy_(torch.eye(UNITS))
        network.from_initial.bias.zero_()
    return network


def sizes() -> Sizes:
    return Sizes(NEURONS, np.full(NEURONS, 0.5), 0, BINS)


def gru(weight_ih: Any, weight_hh: Any, bias: Any, initial: Any) -> dict[str, np.ndarray]:
    """Give the weights of a GRU as the tutorial has them: it adds 0.5 to the bias of the update gate."""
    ih, hh, bias, initial = (array.detach().numpy() for array in (weight_ih, weight_hh, bias, initial))
    units = hh.shape[1]
    both = np.concatenate([hh, ih], axis=1)
    shift = np.repeat([0.0, 0.5], units)
    return {
        "h0": initial, "wRUHX": both[: 2 * units], "wCHX": both[2 * units :],
        "bRU": bias[: 2 * units] - shift, "bC": bias[2 * units :],
    }  # fmt: skip


def their_weights(network: Network) -> dict[str, Any]:
    encoder, generator, controller = network.encoder, network.decoder.weights, network.decoder.controller
    assert controller is not None
    one_way = [
        gru(encoder.weight_ih[way], encoder.weight_hh[way], encoder.bias[way], encoder.initial[way])
        for way in range(2)
    ]
    from_outside = torch.cat([controller.weight_eh, controller.weight_fh], dim=1)
    arrays = {
        "ic_prior": {"mean": network.prior_mean, "logvar": network.prior_log_variance},
        "ii_prior": {
            "mean": torch.zeros(INPUTS), "logatau": controller.log_correlation_bins,
            "lognvar": controller.log_noise_variance,
        },
        # The tutorial's backward encoder comes first.
        "gen_ic": {
            "w": network.to_initial.weight.roll(encoder.units, dims=1), "b": network.to_initial.bias,
        },
        "con_out": {"w": controller.to_inputs.weight, "b": controller.to_inputs.bias},
        "factors": {"w": network.decoder.to_factors},
        "logrates": {"w": network.to_log_rates.weight, "b": network.to_log_rates.bias},
    }  # fmt: skip
    return {
        **{
            name: {key: some.detach().numpy() for key, some in group.items()}
            for name, group in arrays.items()
        },
        "ic_enc": {"fwd_rnn": one_way[0], "bwd_rnn": one_way[1]},
        "con": gru(from_outside, controller.weight_hh, controller.bias, controller.initial),
        "gen": gru(generator["weight_ih"], generator["weight_hh"], generator["bias"], torch.zeros(UNITS)),
    }


def theirs(
    modules: tuple[Any, Any, Any], network: Network, counts: np.ndarray, initial_noise: torch.Tensor
) -> dict[str, np.ndarray]:
    """Run the tutorial, trial by trial; from its own keys come the draws of the inputs."""
    lfads, distributions, utils = modules
    weights, hps = their_weights(network), {"var_min": 0.0}
    step = partial(lfads.lfads_decode_one_step_scan, weights, hps, 1.0)
    rows = []
    for trial, key in enumerate(jax.random.split(jax.random.PRNGKey(0), TRIALS)):
        mean, log_variance, course = lfads.lfads_encode(weights, hps, key, counts[trial], 1.0)
        initial = mean + jax.numpy.exp(0.5 * log_variance) * initial_noise[trial].numpy()
        start = (weights["con"]["h0"], initial, lfads.normed_linear(weights["factors"], initial))
        keys = jax.random.split(key, BINS)
        _, (_, states, factors, inputs, means, log_variances, log_rates) = jax.lax.scan(
            step, start, (keys, course)
        )
        _, again = utils.keygen(key, BINS)  # the divergence draws the inputs once more
        rows.append({
            "initial mean": mean, "initial variance": np.exp(log_variance), "states": states,
            "factors": factors, "log rates": log_rates, "input means": means,
            "input variances": np.exp(log_variances), "inputs": inputs,
            "input noise": (inputs - means) / np.exp(0.5 * log_variances),
            "input noise of the divergence": np.stack([jax.random.normal(one, (INPUTS,)) for one in again]),
            "likelihood": distributions.poisson_log_likelihood(counts[trial], log_rates).sum(),
            "divergence of the initial state": distributions.kl_gauss_gauss(
                mean, log_variance, weights["ic_prior"], 0.0
            ).sum(),
            "divergence of the inputs": distributions.kl_gauss_ar1(
                key, means, log_variances, weights["ii_prior"], 0.0
            ).sum(),
        })  # fmt: skip
    return {name: np.stack([np.asarray(row[name]) for row in rows]) for name in rows[0]}


def ours(
    network: Network, counts: np.ndarray, initial: torch.Tensor, by_them: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Run our network with the draws that the tutorial made, all trials together."""
    controller = network.decoder.controller
    assert controller is not None
    spikes = torch.from_numpy(counts)
    whole = torch.ones(TRIALS, BINS, dtype=torch.bool)
    batch = Batch(spikes, spikes, whole[..., None], spikes[..., :0], whole)
    noise, again = (
        Noise(initial, torch.from_numpy(by_them[name]).transpose(0, 1))
        for name in ("input noise", "input noise of the divergence")
    )
    encoded = network.encode(spikes, None)
    decoded = network.decode(encoded, batch.stimulus, noise, None)
    inferred = decoded.inferred
    assert inferred is not None
    redrawn = replace(inferred, inputs=inferred.means + inferred.variances.sqrt() * again.inputs)
    terms = network.terms(batch, spikes, torch.ones_like(spikes, dtype=torch.bool), noise, None)
    courses = {
        "states": decoded.states, "factors": decoded.factors, "input means": inferred.means,
        "input variances": inferred.variances, "inputs": inferred.inputs,
        "log rates": network.to_log_rates(decoded.factors),
    }  # fmt: skip
    return {
        **{name: array.transpose(0, 1) for name, array in courses.items()},
        "initial mean": encoded.mean, "initial variance": encoded.variance,
        # The tutorial leaves out the factorials, as it may.
        "likelihood": torch.lgamma(spikes + 1).sum() / TRIALS - terms.likelihood,
        "divergence of the initial state": terms.initial_state,
        "divergence of the inputs": controller.divergence(redrawn).sum() / TRIALS,
    }  # fmt: skip


def main() -> int:
    jax.config.update("jax_enable_x64", True)
    modules, network = import_tutorial(Path(sys.argv[1])), our_network()
    rng = stream(2, "verify")
    counts = rng.poisson(0.5, (TRIALS, BINS, NEURONS)).astype(float)
    initial = torch.from_numpy(rng.standard_normal((TRIALS, UNITS)))
    by_them = theirs(modules, network, counts, initial)
    worst = 0.0
    with torch.no_grad():
        for name, array in ours(network, counts, initial, by_them).items():
            expected = by_them[name].mean() if array.ndim == 0 else by_them[name]
            error = np.abs(array.numpy() - expected).max() / np.abs(expected).max()
            print(f"{name:32}{error:.1e} of {np.abs(expected).max():.3g}")
            worst = max(worst, float(error))
    return int(not worst < 1e-10)


if __name__ == "__main__":
    sys.exit(main())
