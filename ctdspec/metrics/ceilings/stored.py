"""The ceilings of a dataset, as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from ctdspec.metrics.ceilings.inference import Effort, Inferred, TrueModel, infer, take_trials
from ctdspec.metrics.ceilings.oracle import expected_bits, reached_bits
from ctdspec.metrics.truth import Truth
from ctdspec.parallel import ordered_map
from ctdspec.seeds import stream

Named = dict[str, tuple[tuple[str, ...], np.ndarray]]
"""Arrays by name, each with the names of its axes."""

KNOWN, UNKNOWN = "inputs_known", "inputs_unknown"


def oracle_arrays(truth: Truth) -> Named:
    """Give the bits per spike of the true rates in every split, of held-in and of held-out neurons.

    ``oracle/<split>/<neurons>/expected``, ``…/sd`` and ``…/reached``: see `expected_bits`, `reached_bits`.
    Nothing if signals were recorded.
    """
    found: Named = {}
    for name, split in truth.splits.items():
        for group, neurons in {"held_in": ~truth.held_out, "held_out": truth.held_out}.items():
            if split.spikes is None or not neurons.any():
                continue
            rates_hz, seen = split.rates_hz[..., neurons], split.seen(neurons)
            bits = expected_bits(rates_hz, seen, truth.bin_s)
            reached = reached_bits(rates_hz, split.spikes[..., neurons], seen, truth.bin_s)
            for what, value in {"expected": bits.mean, "sd": bits.sd, "reached": reached}.items():
                found[f"oracle/{name}/{group}/{what}"] = ((), np.array(value))
    return found


def inference_arrays(inferred: Inferred, trials: Mapping[str, np.ndarray], name: str) -> Named:
    """Give posteriors and their quality under a name, as `Posterior` and `Quality` have them.

    ``<name>/excess`` and so on for the quality; ``<name>/<split>/latents``, ``…/rates_hz`` and so on for the
    posteriors; ``<name>/<split>/trials`` are the numbers of the trials within their split.
    """
    found: Named = {
        f"{name}/{key}": ((), np.array(value))
        for key, value in {**asdict(inferred.quality), "collapsed": inferred.quality.collapsed}.items()
    }
    axes = {"latents": "latent", "latents_sd": "latent", "inputs": "input", "values": "neuron"}
    for split, posterior in inferred.posteriors.items():
        trial = f"{name}_{split}_trial"
        found[f"{name}/{split}/trials"] = ((trial,), trials[split])
        for key, array in vars(posterior).items():
            if array.size and key != "input_samples":
                dims = (trial, "time", axes[key]) if key in axes else (trial, "time")
                found[f"{name}/{split}/{'rates_hz' if key == 'values' else key}"] = (dims, array)
    return found


def ceilings(
    truth: Truth,
    models: Mapping[str, TrueModel],
    effort: Effort,
    trials: Mapping[str, np.ndarray],
    seed: int,
) -> Named:
    """Give everything about ceilings that is stored beside a truth.

    Parameters
    ----------
    truth : Truth
        The whole dataset.
    models : mapping of TrueModel
        By what a method may know, `KNOWN` or `UNKNOWN`; none for a dataset of signals.
    effort : Effort
    trials : mapping
        Indices of the trials of each split whose posterior is inferred; ``test`` is one of the splits.
    seed : int
        Of the spec: each model has a stream of its own.
    """
    found = oracle_arrays(truth)
    part = take_trials(truth, trials)

    def inferred(name: str) -> Named:
        rng = stream(seed, f"ceilings/{name}")
        return inference_arrays(infer(part, models[name], effort, rng), trials, name)

    for arrays in ordered_map(inferred, models, workers=2, ahead=2):
        found |= arrays
    return found
