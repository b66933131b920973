"""How muscles become active."""

from __future__ import annotations

from array_api_compat import array_namespace

from ctdspec.dynamics.dynamics import Array

RISE_S, FALL_S = 0.01, 0.04
"""Time constants at an activation of one third: of activation and of deactivation (Millard et al. 2013)."""
SHARPNESS = 10.0
"""How fast the one time constant gives way to the other, per unit of excitation."""


def activation_rates(activations: Array, excitations: Array, sharpness: float = SHARPNESS) -> Array:
    """Give the rates 1/τ in Hz at which activations approach excitations, (…, muscle).

    A muscle activates with τ = rise × (0.5 + 1.5 a) and deactivates with τ = fall / (0.5 + 1.5 a) (Thelen
    2003). Between the two rates is a smooth passage, ½ ± ½ tanh(sharpness (u − a)) (De Groote et al. 2016),
    so that a muscle at rest has a derivative; a very large sharpness gives Thelen's switch.
    """
    slowed = 0.5 + 1.5 * activations
    rising = 0.5 + 0.5 * array_namespace(activations).tanh(sharpness * (excitations - activations))
    return rising / (RISE_S * slowed) + (1 - rising) * slowed / FALL_S


def activate(activations: Array, excitations: Array, dt_s: float) -> Array:
    """Give the activations (…, muscle) after `dt_s`, at the rates of its start, never beyond excitations."""
    rates = activation_rates(activations, excitations)
    return excitations + (activations - excitations) * array_namespace(activations).exp(-dt_s * rates)
