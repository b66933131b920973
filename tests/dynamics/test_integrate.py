import numpy as np
import pytest
from scipy.linalg import expm

from ctdspec.dynamics.integrate import euler_maruyama, rk4

A = np.array([[-0.3, 2.0, 0.0], [-2.0, -0.3, 0.5], [0.1, 0.0, -1.0]])


def field(states):
    return states @ A.T


@pytest.mark.parametrize(
    ("step", "order"),
    [(rk4, 4), (lambda f, x, dt: euler_maruyama(f, x, dt, 0.7, None), 1)],
    ids=["rk4", "euler"],
)
def test_error_shrinks_with_the_declared_order(step, order):
    start, exact = np.ones((1, 3)), expm(A) @ np.ones(3)
    steps = np.array([16, 32, 64, 128])
    errors = []
    for n in steps:
        states = start
        for _ in range(n):
            states = step(field, states, 1 / n)
        errors.append(np.linalg.norm(states - exact))
    slope = np.polyfit(np.log(1 / steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.1)


def test_euler_maruyama_has_the_stationary_variance_of_an_ornstein_uhlenbeck_process():
    rate, sd, dt = 2.0, 0.8, 0.01
    rng = np.random.default_rng(0)
    states = np.zeros((20_000, 1))
    for _ in range(400):
        states = euler_maruyama(lambda x: -rate * x, states, dt, sd, rng.standard_normal(states.shape))
    # The scheme's own variance, sd² / (2 rate − rate² dt); 20 000 draws know it to 1 % (one standard error),
    # so a noise scaled with dt instead of its root, or a wrong factor of 2, is 50 standard errors away.
    assert states.var() == pytest.approx(sd**2 / (2 * rate - rate**2 * dt), rel=0.04)


def test_strong_order_one_with_additive_noise():
    rng = np.random.default_rng(1)
    n_finest, n_paths = 512, 2000
    kicks = rng.standard_normal((n_finest, n_paths, 3))

    def final(n):
        coarse = kicks.reshape(n, n_finest // n, n_paths, 3).sum(axis=1) / np.sqrt(n_finest // n)
        states = np.ones((n_paths, 3))
        for kick in coarse:
            states = euler_maruyama(field, states, 1 / n, 0.5, kick)
        return states

    reference, steps = final(n_finest), np.array([8, 16, 32, 64])
    errors = [np.abs(final(n) - reference).mean() for n in steps]
    slope = np.polyfit(np.log(1 / steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.15)
