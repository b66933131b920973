"""Fixed-step integrators of dx/dt = field(x), plus noise where the integrator takes it."""

from __future__ import annotations

from collections.abc import Callable

from ctdspec.dynamics.dynamics import Array

Field = Callable[[Array], Array]


def rk4(field: Field, states: Array, dt: float) -> Array:
    """Advance by `dt` with the classical Runge–Kutta method, of order 4."""
    k1 = field(states)
    k2 = field(states + (dt / 2) * k1)
    k3 = field(states + (dt / 2) * k2)
    k4 = field(states + dt * k3)
    return states + (dt / 6) * (k1 + 2 * k2 + 2 * k3 + k4)


def euler_maruyama(field: Field, states: Array, dt: float, noise_sd: float, noise: Array | None) -> Array:
    """Advance by `dt` with the Euler–Maruyama method.

    For additive noise ``dx = field(x) dt + noise_sd dW`` it is of strong order 1, like Euler's method without
    noise (Kloeden & Platen 1992, section 10.2). `noise` has the shape of `states` and holds standard normal
    draws; None leaves it out.
    """
    drift = states + dt * field(states)
    return drift if noise is None else drift + (noise_sd * dt**0.5) * noise
