import numpy as np
import pytest
from scipy.signal import lfilter
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_limits

from ctdspec.errors import UsageError
from ctdspec.observation.coupling import Hubs
from ctdspec.observation.noises.glm import GLM
from ctdspec.seeds import stream

STEP_S = 0.001
POST_SPIKE = [{"gain": -2.0, "tau_s": 0.005}, {"gain": 0.4, "tau_s": 0.03}]


def glm(density=0.5, excitatory=0.5, weight_sd=0.4, dead_s=0.0015, post_spike=POST_SPIKE):
    coupling = {"density": density, "excitatory": excitatory, "weight_sd": weight_sd, "tau_s": 0.01}
    return GLM.model_validate(
        {"kind": "glm", "step_s": STEP_S, "dead_s": dead_s, "post_spike": post_spike, "coupling": coupling}
    )


def prepared(law, rates_hz, blocks=2, name="prepare"):
    parts = np.array_split(rates_hz, blocks)
    return law.prepare(lambda: parts, rates_hz.shape[-1], 0.01, stream(0, name))


def wavering_hz(n_trials, n_bins, n_neurons):
    phase = stream(0, "phase").uniform(0, 2 * np.pi, (n_trials, 1, n_neurons))
    means = np.linspace(2, 30, n_neurons)
    return (means * np.exp(0.5 * np.sin(np.arange(n_bins)[:, None] / 15.0 + phase))).astype(np.float32)


LAWS = [glm(), glm(excitatory=0.8, weight_sd=0.1), glm(density=0, post_spike=[]), glm(dead_s=0.0)]


@pytest.mark.parametrize("law", LAWS)
def test_mean_rates_are_the_declared_ones(law):
    rates = wavering_hz(40, 200, 10)
    weights = prepared(law, rates)
    spikes = law.sample(np.tile(rates, (25, 1, 1)), 0.01, weights, stream(0, "sample")).spikes
    found = spikes.mean(axis=(0, 1), dtype=float) / STEP_S
    declared = rates.mean(axis=(0, 1))
    # 2000 s: 4000 to 60 000 spikes per neuron; the population's mean is known to 0.3 %.
    assert found.mean() == pytest.approx(declared.mean(), rel=0.01)
    assert (np.abs(found - declared) < 0.01 * declared + 4.5 * np.sqrt(1.2 * declared / 2000)).all()


def test_an_independent_fit_recovers_the_filters():
    law = glm()
    rates = np.full((40, 1000, 5), 30, np.float32)
    weights = prepared(law, rates)
    spikes = law.sample(rates, 0.01, weights, stream(0, "couplings")).spikes.astype(float)

    def filtered(tau_s):
        decay = np.exp(-STEP_S / tau_s)
        return lfilter([0, 1], [1, -decay], spikes, axis=1)  # a delay of one step

    heard, fast, slow = filtered(0.01), filtered(0.005), filtered(0.03)
    last_two = lfilter([0, 1, 1], [1], spikes, axis=1) > 0
    coupling, own = np.zeros((5, 5)), np.zeros((5, 2))
    for i in range(5):
        others = [j for j in range(5) if j != i]
        features = np.concatenate([heard[..., others], fast[..., [i]], slow[..., [i]]], axis=-1)
        free = ~last_two[..., i]
        fit = PoissonRegressor(alpha=0, max_iter=300, tol=1e-6).fit(features[free], spikes[..., i][free])
        coupling[i, others], own[i] = fit.coef_[:4], fit.coef_[4:]
    # Each weight is known to 0.025 from 12 000 spikes of the neuron.
    assert np.abs(weights["coupling"]).max() > 0.5
    np.testing.assert_allclose(coupling, weights["coupling"], atol=0.12)
    np.testing.assert_allclose(own.mean(axis=0), [-2.0, 0.4], atol=0.15)


def test_coupling_is_as_declared():
    weights = glm(density=0.3, excitatory=0.7, weight_sd=0.2).coupling.draw(
        np.zeros(400, bool), stream(0, "x")
    )
    assert weights.dtype == np.float32
    assert (np.diag(weights) == 0).all()
    present = weights != 0
    assert present.mean() == pytest.approx(0.3, abs=0.01)
    signs = np.array([np.unique(np.sign(source[source != 0])) for source in weights.T])
    assert signs.shape == (400, 1), "a source excites or inhibits"
    assert (signs > 0).mean() == pytest.approx(0.7, abs=0.1)
    assert np.sqrt((weights[present] ** 2).mean()) == pytest.approx(0.2, rel=0.02)


def test_offsets_do_not_depend_on_blocks_of_trials():
    rates = wavering_hz(10, 50, 4)
    one, few = prepared(glm(), rates, blocks=1), prepared(glm(), rates, blocks=5)
    for name in ("coupling", "offset"):
        np.testing.assert_array_equal(one[name], few[name])
        assert one[name].dtype == np.float32


def test_draws_do_not_depend_on_threads():
    law, rates = glm(weight_sd=0.05), wavering_hz(100, 20, 150)
    weights = {
        "coupling": law.coupling.draw(np.zeros(150, bool), stream(0, "x")),
        "offset": np.zeros(150, np.float32),
    }
    with threadpool_limits(1):
        one = law.sample(rates, 0.01, weights, stream(0, "s"))
    with threadpool_limits(2):
        two = law.sample(rates, 0.01, weights, stream(0, "s"))
    assert one.spikes.sum() > 10_000
    np.testing.assert_array_equal(one.spikes, two.spikes)
    np.testing.assert_array_equal(one.hidden["intensity_hz"], two.hidden["intensity_hz"])


def test_unstable_networks_are_refused():
    rates = np.full((4, 100, 20), 20, np.float32)
    with pytest.raises(UsageError, match=r"observation.noise: .* glm is unstable: one spike causes"):
        prepared(glm(density=1, excitatory=1, weight_sd=1), rates)
    with pytest.raises(UsageError, match=r"lower weight_sd"):
        prepared(glm(post_spike=[{"gain": 3.0, "tau_s": 0.05}], density=0), rates)


def test_means_near_what_the_dead_time_allows_are_refused():
    law = glm(dead_s=0.004)
    assert law.highest_hz(0.01) == pytest.approx(200)
    law.ensure_realises(np.array([99.0]), 199.0, 0.01)
    with pytest.raises(ValueError, match=r"mean of at most 100 Hz"):
        law.ensure_realises(np.array([101.0]), None, 0.01)


def test_hubs_speak_to_many():
    law = glm(density=0.05, excitatory=0.5, weight_sd=0.1)
    hubs = Hubs(number=40, density=0.6)
    coupling = law.coupling.model_copy(update={"hubs": hubs})
    is_hub = coupling.draw_hubs(400, stream(0, "hubs"))
    present = coupling.draw(is_hub, stream(0, "x")) != 0
    assert is_hub.sum() == 40
    # 16 000 and 144 000 pairs: the shares are known to 0.4 % and 0.06 %.
    assert present[:, is_hub].mean() == pytest.approx(0.6, abs=0.02)
    assert present[:, ~is_hub].mean() == pytest.approx(0.05, abs=0.003)
    assert present[is_hub].mean() == pytest.approx(0.105, abs=0.01), "hubs hear no more than others"
    weights = prepared(law.model_copy(update={"coupling": coupling}), np.full((4, 100, 50), 10, np.float32))
    assert weights["hubs"].sum() == 40
    assert "hubs" not in prepared(law, np.full((4, 100, 5), 10, np.float32))


def test_more_hubs_than_neurons_are_refused():
    coupling = glm().coupling.model_copy(update={"hubs": Hubs(number=6, density=0.6)})
    with pytest.raises(UsageError, match=r"hubs.number is 6, but 5 neurons"):
        coupling.draw_hubs(5, stream(0, "hubs"))
