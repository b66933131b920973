import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import erf

from ctdspec.errors import UsageError
from ctdspec.observation.circuit import Observed, draw_neurons, observe
from ctdspec.observation.embedding import LatentMoments
from ctdspec.observation.observation import Observation

RNG = np.random.default_rng(0)
# Latents of very different scale and offset, correlated in time
LATENTS = (np.cumsum(RNG.standard_normal((40, 300, 7)), axis=1) * [1, 5, 0.01, 2, 2, 9, 1] + 3).astype(
    np.float32
)
VALID = np.arange(300) < RNG.integers(100, 301, size=40)[:, None]


def observation(**rates):
    rates = {"kind": "exp", "mean_hz": 12.0, "gain": 0.8, "across": "neuron", "mean_log_sd": 0.7} | rates
    embedding = rates.pop("embedding", "permutation")
    return Observation(
        neurons={"held_in": 20, "held_out": 5},
        embedding={"kind": embedding},
        rates=rates,
        noise={"kind": "poisson"},
    )


def fitted(observation, n_latents, train, seed) -> Observed:
    moments = LatentMoments(np.zeros(n_latents), np.ones(n_latents))
    return observe(observation, draw_neurons(observation, seed, 0, moments), train, moments, seed)


def blocks(size):
    return lambda: ((LATENTS[i : i + size], VALID[i : i + size]) for i in range(0, 40, size))


@pytest.mark.parametrize("embedding", ["permutation", "linear"])
@pytest.mark.parametrize("kind", ["exp", "softplus", "sigmoid", "relu"])
@pytest.mark.parametrize("across", ["neuron", "population"])
def test_the_mean_rate_over_valid_train_bins_is_the_one_asked_for(kind, across, embedding):
    spread = 0.7 if across == "neuron" else 0.0
    model = fitted(
        observation(kind=kind, across=across, embedding=embedding, mean_log_sd=spread), 7, blocks(10), 0
    )
    rates = model.rates_hz(LATENTS)
    assert rates.dtype == np.float32
    assert (rates >= 0).all()
    assert (rates > 0).all() or kind == "relu"
    assert rates[VALID].mean(dtype=np.float64) == pytest.approx(12.0, rel=1e-4)


def test_gain_is_the_sd_of_the_log_rate_for_exp():
    rates = fitted(observation(gain=0.6), 7, blocks(40), 0).rates_hz(LATENTS)[VALID]
    np.testing.assert_allclose(np.log(rates.astype(np.float64)).std(axis=0), 0.6, rtol=1e-3)


def test_population_standardisation_is_ctdbs():
    model = fitted(observation(across="population", gain=0.5, mean_log_sd=0.0), 7, blocks(40), 0)
    drive = LATENTS[..., model.models[0].weights["embedding"].argmax(axis=1)].astype(np.float64)
    standardised = (drive - drive[VALID].mean()) / drive[VALID].std()
    shape = np.exp(standardised / 2)
    np.testing.assert_allclose(model.rates_hz(LATENTS), 12 * shape / shape[VALID].mean(), rtol=1e-3)


def test_mean_rates_are_log_normal():
    many = observation(mean_log_sd=1.0).model_copy(
        update={"neurons": observation().neurons.model_copy(update={"held_in": 4000})}
    )
    means = fitted(many, 7, blocks(40), 0).rates_hz(LATENTS)[VALID].mean(axis=0, dtype=np.float64)
    z = np.sort((np.log(means) - np.log(means).mean()) / 1.0)
    normal = 0.5 * (1 + erf(z / np.sqrt(2)))
    # Kolmogorov–Smirnov at 4005 neurons: 1.63 / sqrt(n) is the 1 % point; a wrong law misses it by far.
    assert np.abs(normal - (np.arange(len(z)) + 0.5) / len(z)).max() < 1.63 / np.sqrt(len(z))


def test_a_population_cannot_be_spread_twice():
    with pytest.raises(ValidationError, match="mean_log_sd must be 0 with across: population"):
        observation(across="population", mean_log_sd=0.7)


def test_a_silent_latent_gives_a_constant_rate():
    still = np.zeros((4, 50, 2), np.float32)
    model = fitted(observation(), 2, lambda: [(still, np.ones((4, 50), bool))], 0)
    rates = model.rates_hz(still)
    assert np.isfinite(rates).all()
    assert (rates == rates[0, 0]).all()
    assert rates.mean() == pytest.approx(12, rel=1e-5)


def test_block_size_changes_only_the_last_bits():
    one, many = (fitted(observation(), 7, blocks(size), 0) for size in (40, 8))
    for name in ("scale_hz", "drive_sd"):
        np.testing.assert_allclose(one.per_neuron(name), many.per_neuron(name), rtol=1e-9)


@pytest.mark.parametrize("across", ["neuron", "population"])
@pytest.mark.parametrize(
    ("kind", "ratio"), [("exp", 1.2), ("exp", 6), ("softplus", 2), ("sigmoid", 1.5), ("relu", 2.5)]
)
def test_mean_and_dynamic_range_are_realised_to_one_percent(kind, ratio, across):
    declared = observation(kind=kind, gain=None, dynamic_range=ratio, across=across, mean_log_sd=0.0)
    rates = fitted(declared, 7, blocks(10), 0).rates_hz(LATENTS)[VALID].astype(np.float64)
    assert rates.mean() == pytest.approx(12, rel=1e-3)
    if across == "population":
        rates = rates.reshape(-1, 1)
    peak = np.quantile(rates, 0.999, axis=0)
    np.testing.assert_allclose(peak / rates.mean(axis=0), ratio, rtol=0.01)


def test_a_range_beyond_a_link_is_refused_with_what_it_can_do():
    with pytest.raises(
        UsageError, match=r"peak of 5 times the mean.*link sigmoid.*reaches [12]\.\d+ at most"
    ):
        fitted(observation(kind="sigmoid", gain=None, dynamic_range=5), 7, blocks(40), 0)


@pytest.mark.parametrize(("gain", "dynamic_range", "found"), [(None, None, "neither"), (0.5, 3.0, "both")])
def test_gain_or_dynamic_range_and_not_both(gain, dynamic_range, found):
    with pytest.raises(ValidationError, match=f"expected gain or dynamic_range, found {found}"):
        observation(gain=gain, dynamic_range=dynamic_range)


@pytest.mark.parametrize("kind", ["exp", "softplus", "sigmoid", "relu"])
def test_links_are_what_their_names_say_and_grow(kind):
    drive = np.linspace(-90, 80, 2001).astype(np.float32)
    values = observation(kind=kind).rates.function(drive)
    with np.errstate(over="ignore"):
        expected = {
            "exp": np.exp(drive.astype(float)),
            "softplus": np.log1p(np.exp(drive.astype(float))),
            "sigmoid": 1 / (1 + np.exp(-drive.astype(float))),
            "relu": np.maximum(0, 1 + drive.astype(float)),
        }[kind]
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-7)
    assert (np.diff(values) >= 0).all()
