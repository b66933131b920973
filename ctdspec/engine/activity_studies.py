"""Pictures of metrics of rates, spikes, states and inputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ctdspec.engine.contenders import (
    SWAPPED,
    TRUTH,
    Arrays,
    Contender,
    first_axes,
    fooling,
    mean_hz,
    noise,
    wandering,
    whitening,
)
from ctdspec.engine.metric_panels import (
    first_input,
    held_out_rate,
    leading_components,
    slow_rate,
)
from ctdspec.engine.metric_study import Study
from ctdspec.metrics.truth import SplitTruth, Truth


def _slow_are_wrong(truth: Truth, true: SplitTruth, rng: np.random.Generator) -> Arrays:
    slow = mean_hz(truth) < np.median(mean_hz(truth))
    return {"rates_hz": np.where(slow, mean_hz(truth), true.rates_hz)}


def _held_in_only(truth: Truth, true: SplitTruth, rng: np.random.Generator) -> Arrays:
    return {"rates_hz": np.where(truth.held_out, mean_hz(truth), true.rates_hz)}


def _beside(field: str, of: Callable[[Truth, SplitTruth, np.random.Generator], np.ndarray]) -> Contender:
    """Make an answer with junk beside the truth."""

    def change(truth: Truth, true: SplitTruth, rng: np.random.Generator) -> Arrays:
        there = true.latents if field == "states" else _inputs(true)
        return {field: np.concatenate([there, of(truth, true, rng)], axis=2)}

    return Contender(change)


def _inputs(true: SplitTruth) -> np.ndarray:
    assert true.inputs is not None, "the flip-flop has inputs"
    return true.inputs


_COMPONENTS = "two principal components, and the states mapped to them"

_JUNK = _beside("states", lambda truth, true, rng: wandering(true, true.latents.shape[2], rng))
_SMALL_JUNK = _beside("states", lambda truth, true, rng: 0.01 * wandering(true, true.latents.shape[2], rng))
_ONE = Contender(lambda truth, true, rng: {"states": true.latents @ first_axes(truth, 1)})
_JUNK_ONLY = Contender(lambda truth, true, rng: {"states": wandering(true, 3, rng)})
_ONE_INPUT = Contender(lambda truth, true, rng: {"inputs": _inputs(true)[..., :1]})
_PULSES = Contender(lambda truth, true, rng: {"states": _inputs(true)})


def _outputs(true: SplitTruth) -> np.ndarray:
    assert true.outputs is not None, "the flip-flop has outputs"
    return true.outputs


def _changes(latents: np.ndarray) -> np.ndarray:
    """Give by how much each latent has changed since the bin before."""
    return np.diff(latents, axis=1, prepend=latents[:, :1])


ACTIVITY: dict[str, Study] = {
    "rates": Study(
        "metrics_flip_flop",
        (
            "rate_r2", "rate_r2_median", "rate_r2_held_in", "rate_r2_held_out",
            "log_rate_r2", "log_rate_r2_median", "log_rate_r2_held_in", "log_rate_r2_held_out",
        ),
        {
            "truth": TRUTH,
            "noise of 20 %": Contender(
                lambda truth, true, rng: {"rates_hz": true.rates_hz * np.exp(noise(true.rates_hz, 0.2, rng))}
            ),
            "slow half constant": Contender(
                _slow_are_wrong, fooled=frozenset({"rate_r2", "rate_r2_held_in", "rate_r2_held_out"})
            ),
            "held-in ones only": Contender(
                _held_in_only, fooled=frozenset({"rate_r2", "rate_r2_median", "log_rate_r2_median"})
            ),
            "counts per bin": Contender(lambda truth, true, rng: {"rates_hz": true.rates_hz * truth.bin_s}),
            "other trials": SWAPPED,
        },
        "the rate of a slow held-out neuron in a trial", "time (s)", slow_rate,
    ),
    "spikes": Study(
        "metrics_flip_flop",
        ("co_bps", "co_bps_share", "few_shot_co_bps", "fp_bps", "state_recall_pcs"),
        {
            "truth": TRUTH,
            "noise of 20 %": Contender(
                lambda truth, true, rng: {"rates_hz": true.rates_hz * np.exp(noise(true.rates_hz, 0.2, rng))}
            ),
            "junk beside states": fooling(_JUNK, "co_bps", "co_bps_share", "fp_bps"),
            "three components": fooling(
                Contender(lambda truth, true, rng: {"states": true.latents @ first_axes(truth, 3)}),
                "few_shot_co_bps",
            ),
            "rates doubled": Contender(lambda truth, true, rng: {"rates_hz": 2 * true.rates_hz}),
            "constant rates": Contender(
                lambda truth, true, rng: {"rates_hz": np.broadcast_to(mean_hz(truth), true.rates_hz.shape)}
            ),
            "other trials": SWAPPED,
        },
        "the rate of a fast held-out neuron in a trial", "time (s)", held_out_rate, forward_s=0.2,
    ),
    "states": Study(
        "metrics_flip_flop",
        (
            "state_score", "state_recall", "state_recall_pcs", "state_precision",
            "procrustes_angle", "cycle_consistency",
        ),
        {
            "truth": TRUTH,
            "whitened": Contender(lambda truth, true, rng: {"states": true.latents @ whitening(truth)}),
            "first component": fooling(_ONE, "state_precision", "cycle_consistency"),
            "junk beside": fooling(_JUNK, "state_recall", "state_recall_pcs"),
            "small junk beside": fooling(
                _SMALL_JUNK, "state_recall", "state_recall_pcs", "procrustes_angle"
            ),
            "the task's inputs": fooling(_PULSES, "state_precision", "cycle_consistency"),
            "other trials": SWAPPED,
        },
        _COMPONENTS, "time (s)", leading_components,
    ),
    "inputs": Study(
        "metrics_flip_flop",
        ("input_recall", "input_precision", "event_auroc", "behaviour_r2", "state_recall_pcs"),
        {
            "truth": TRUTH,
            "late by 50 ms": Contender(
                lambda truth, true, rng: {"inputs": np.roll(_inputs(true), 5, axis=1)}
            ),
            "one input of three": fooling(_ONE_INPUT, "input_precision"),
            "junk beside": fooling(
                _beside("inputs", lambda truth, true, rng: wandering(true, 3, rng)),
                "input_recall", "event_auroc",
            ),
            "changes of the states": Contender(
                lambda truth, true, rng: {"inputs": _changes(true.latents)},
                fooled=frozenset({"input_recall", "event_auroc"}),
            ),
            "outputs as states": Contender(
                lambda truth, true, rng: {"states": _outputs(true)}, fooled=frozenset({"behaviour_r2"})
            ),
            "other trials": SWAPPED,
        },
        "the first input, and the first that was inferred", "time (s)", first_input,
    ),
    "ctdb": Study(
        "metrics_flip_flop",
        (
            "state_score", "ctdb_state_r2", "cycle_consistency", "ctdb_cycle_con",
            "input_recall", "ctdb_input_r2",
        ),
        {
            "truth": TRUTH,
            "first component": fooling(_ONE, "ctdb_state_r2"),
            "small junk beside": fooling(_SMALL_JUNK, "ctdb_state_r2"),
            "the task's inputs": fooling(_PULSES, "ctdb_state_r2"),
            "junk states": fooling(_JUNK_ONLY, "ctdb_cycle_con"),
            "one input of three": fooling(_ONE_INPUT, "ctdb_input_r2"),
        },
        _COMPONENTS, "time (s)", leading_components,
    ),
}  # fmt: skip
"""By name; the data are a few trials of the flip-flop."""
