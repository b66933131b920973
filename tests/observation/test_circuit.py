import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.observation.circuit import draw_neurons, observe
from ctdspec.observation.dropout import Dropout
from ctdspec.observation.embedding import LatentMoments
from ctdspec.observation.observation import Observation

RNG = np.random.default_rng(0)
LATENTS = RNG.standard_normal((40, 100, 4)).astype(np.float32)
VALID = np.ones((40, 100), bool)
MOMENTS = LatentMoments(np.zeros(4), np.ones(4))
RATES = {"kind": "exp", "mean_hz": 5.0, "gain": 0.5, "across": "neuron", "mean_log_sd": 0.5}
EXC = {"name": "exc", "neurons": 60, "embedding": {"kind": "linear"}, "rates": RATES}
INH = {
    "name": "inh",
    "neurons": 20,
    "embedding": {"kind": "mlp", "hidden_units": 8, "gain": 1.0},
    "rates": RATES | {"kind": "relu", "mean_hz": 20.0, "mean_log_sd": 0.0},
}


def declare(**changes):
    fields = {
        "neurons": {"held_in": 30, "held_out": 10, "selection": {"kind": "random"}},
        "populations": [EXC, INH],
        "noise": {"kind": "poisson"},
    }
    return Observation(**(fields | changes))


def observed(observation, session=0, seed=0):
    neurons = draw_neurons(observation, seed, session, MOMENTS)
    return observe(observation, neurons, lambda: [(LATENTS, VALID)], MOMENTS, seed)


def test_populations_have_their_own_rates_embeddings_and_names():
    found = observed(declare(neurons={"held_in": 70, "held_out": 10}))
    assert list(found.names) == ["exc", "inh"]
    np.testing.assert_array_equal(np.bincount(found.population), [60, 20])
    means = found.rates_hz(LATENTS).mean(axis=(0, 1), dtype=np.float64)
    assert means[:60].mean() == pytest.approx(5, rel=1e-4)
    assert means[60:].mean() == pytest.approx(20, rel=1e-4)
    assert [set(model.weights) for model in found.models] == [
        {"embedding"},
        {"embedding", "embedding_hidden", "embedding_bias"},
    ]


def test_neurons_that_are_selected_fire_as_they_do_in_the_whole_circuit():
    whole = observed(declare(neurons={"held_in": 70, "held_out": 10}))
    some = observed(declare())
    assert len(some.ids) == 40
    np.testing.assert_array_equal(some.ids, np.sort(some.ids))
    np.testing.assert_allclose(some.rates_hz(LATENTS), whole.rates_hz(LATENTS)[..., some.ids], rtol=1e-3)


def test_a_fraction_is_that_of_the_circuit():
    found = declare(neurons={"fraction": 0.25, "held_out_fraction": 0.2, "selection": {"kind": "first"}})
    assert (found.n_circuit, found.n_observed, found.n_held_out) == (80, 20, 4)
    np.testing.assert_array_equal(observed(found).ids, np.arange(20))


def test_the_active_are_selected_by_the_rates_they_have():
    some = observed(
        declare(neurons={"held_in": 30, "held_out": 0, "selection": {"kind": "by_rate", "prefer": "highest"}})
    )
    whole = observed(declare(neurons={"held_in": 80, "held_out": 0}))
    means = whole.rates_hz(LATENTS).mean(axis=(0, 1))
    np.testing.assert_array_equal(some.ids, np.sort(np.argsort(-means)[:30]))


SESSIONS = {"names": ["a", "b", "c"], "shared": 0.75, "embedding_change": 0.0, "rate_change_log_sd": 0.0}
ALL = {"held_in": 70, "held_out": 10}


def test_sessions_share_the_declared_part_of_each_population_unchanged():
    one, two, three = (observed(declare(neurons=ALL, sessions=SESSIONS), session) for session in range(3))
    assert (one.ids == np.arange(80)).all()
    kept = one.ids == two.ids
    np.testing.assert_array_equal(np.bincount(one.population[kept]), [45, 15])
    assert len(np.intersect1d(two.ids[~kept], one.ids)) == 0
    assert (two.ids == three.ids).sum() == 60
    rates = [found.rates_hz(LATENTS) for found in (one, two)]
    shape = [rate / rate.mean(axis=(0, 1)) for rate in rates]
    np.testing.assert_allclose(shape[0][..., kept], shape[1][..., kept], rtol=1e-3)
    apart = np.abs(shape[0] - shape[1]).mean(axis=(0, 1))
    assert (apart[~kept] > 0.05).all()


def test_what_stays_changes_as_much_as_declared():
    changing = SESSIONS | {"shared": 1.0, "embedding_change": 0.6, "rate_change_log_sd": 0.3}
    many = EXC | {"neurons": 4000, "rates": RATES | {"mean_log_sd": 0.0}}
    declared = declare(neurons={"held_in": 4000, "held_out": 0}, populations=[many], sessions=changing)
    one, two, three = (draw_neurons(declared, 0, session, MOMENTS)[0] for session in range(3))
    first, second, third = (part.weights["embedding"].astype(float) for part in (one, two, three))
    # 16000 weights: a correlation is known to 0.006.
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(0.8, abs=0.03)
    assert np.corrcoef(first.ravel(), third.ravel())[0, 1] == pytest.approx(0.64, abs=0.03)
    assert third.std() == pytest.approx(first.std(), rel=0.03)
    # 4000 neurons: a standard deviation is known to 1.1 %; after two changes it is √2 times as large.
    assert np.log(two.mean_hz / one.mean_hz).std() == pytest.approx(0.3, rel=0.06)
    assert np.log(three.mean_hz / one.mean_hz).std() == pytest.approx(0.3 * np.sqrt(2), rel=0.06)


def test_the_first_session_is_what_a_single_recording_would_be():
    single, first = observed(declare()), observed(declare(sessions=SESSIONS), session=0)
    np.testing.assert_array_equal(single.ids, first.ids)
    np.testing.assert_array_equal(single.rates_hz(LATENTS), first.rates_hz(LATENTS))


def test_lost_neurons_stay_lost():
    found = Dropout(fraction=0.4).observed(500, 50, np.random.default_rng(0))
    assert found[0].all()
    assert (np.diff(found.astype(int), axis=0) <= 0).all()
    assert (~found[-1]).sum() == 20
    ends = found.sum(axis=0)[~found[-1]]
    assert 0.3 * 500 < ends.mean() < 0.7 * 500  # uniform: 250 ± 32
    assert Dropout(fraction=0).observed(5, 3, np.random.default_rng(0)).all()


FIRST = {"selection": {"kind": "first"}}
SINGLE = {"populations": None, "embedding": {"kind": "linear"}}
CONTRADICTIONS = {
    "expected held_in and held_out, or fraction and.*found held_in": {"neurons": {"held_in": 30}},
    "found none of them": {"neurons": {}},
    "90 neurons are to be observed, but the circuit has 80": {
        "neurons": FIRST | {"held_in": 90, "held_out": 0}
    },
    "selection is missing: 31 of 80": {"neurons": {"held_in": 30, "held_out": 1}},
    "nothing to select: all 80": {"neurons": ALL | FIRST},
    "found both populations and embedding": {"embedding": {"kind": "linear"}},
    "rates is missing": SINGLE,
    "population 'exc' is listed twice": {"populations": [EXC, EXC]},
    "sorting has no spikes to sort": {
        "noise": {"kind": "gaussian", "sd_hz": 1.0},
        "sorting": {"missed": 0.1, "swapped": 0.0},
    },
    "session 'a' is listed twice": {"sessions": SESSIONS | {"names": ["a", "a"]}},
    "embedding_change must be 0 with embedding permutation": {
        "populations": [EXC, INH | {"embedding": {"kind": "permutation"}}],
        "sessions": SESSIONS | {"embedding_change": 0.1},
    },
    "fraction is a share of neurons.circuit, which is missing": {
        **SINGLE, "rates": RATES, "neurons": {"fraction": 0.5, "held_out_fraction": 0.1},
    },
}  # fmt: skip


@pytest.mark.parametrize(("message", "changes"), CONTRADICTIONS.items(), ids=CONTRADICTIONS)
def test_what_contradicts_itself_is_refused(message, changes):
    with pytest.raises(ValidationError, match=message):
        declare(**changes)
