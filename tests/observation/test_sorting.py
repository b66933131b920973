import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import multinomial

import ctdspec.observation.sorting
from ctdspec.observation.sorting import Sorting
from ctdspec.seeds import stream

POPULATION = np.array([5, 0, 5, 5, 2, 0])
"""Populations of three, two and one neuron, in no order."""
RATES = np.array([10.0, 4.0, 0.0, 1.0, 8.0, 2.0])


def spikes(rates, seed=0, shape=(40, 500)):
    return stream(seed, "spikes").poisson(rates, (*shape, len(rates))).astype(np.uint16)


def fates(sorting):
    """By the definition: the probability that a spike of a neuron (row) is given to a neuron (column)."""
    chance = np.zeros((6, 6))
    for i in range(6):
        others = [j for j in range(6) if j != i and POPULATION[j] == POPULATION[i]]
        chance[i, i] = 1 - sorting.missed - (sorting.swapped if others else 0)
        for j in others:
            chance[i, j] = sorting.swapped / len(others)
    return chance


@pytest.mark.parametrize(("missed", "swapped"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.4), (0.1, 0.2), (0.05, 0.9)])
def test_the_mean_of_every_neuron_is_the_one_in_closed_form(missed, swapped):
    sorting = Sorting(missed=missed, swapped=swapped)
    expected = RATES @ fates(sorting)
    np.testing.assert_allclose(sorting.expected_rates(RATES, POPULATION), expected, rtol=1e-12)
    emitted = spikes(RATES)
    recorded = sorting.sort(emitted, POPULATION, stream(0, "x"))
    assert recorded.dtype == np.uint16
    assert recorded.shape == emitted.shape
    # A sum of Poisson counts, thinned and mixed, is Poisson again: 5 standard errors over 20 000 steps. A
    # share that is off by 0.02 fails with probability > 0.9 (seen at the neuron of 10 spikes per step).
    assert (np.abs(recorded.mean(axis=(0, 1)) - expected) <= 5 * np.sqrt(expected / 20_000)).all()
    if missed == 0:
        np.testing.assert_array_equal(
            recorded[..., POPULATION == 5].sum(-1), emitted[..., POPULATION == 5].sum(-1)
        )
        np.testing.assert_array_equal(recorded.sum(-1), emitted.sum(-1))


def test_the_spikes_of_one_neuron_are_shared_out_as_a_multinomial():
    emitted = np.zeros((100, 1000, 6), np.uint16)
    emitted[..., 0] = 7
    sorting = Sorting(missed=0.2, swapped=0.5)
    recorded = sorting.sort(emitted, POPULATION, stream(1, "x"))
    chance = fates(sorting)[0]
    law = multinomial(7, [*chance, 1 - chance.sum()])
    # 5 standard errors of a covariance over 100 000 steps, at most 0.04: spikes that shared a fate, or
    # chose with replacement from all neurons, would miss it by 0.2 or more.
    assert np.abs(np.cov(recorded.reshape(-1, 6).T) - law.cov()[:6, :6]).max() <= 0.05
    assert (recorded[..., POPULATION != 5] == 0).all()


def test_what_is_not_declared_does_not_happen():
    emitted = spikes(RATES, shape=(3, 50))
    perfect = Sorting(missed=0.0, swapped=0.0)
    np.testing.assert_array_equal(perfect.sort(emitted, POPULATION, stream(0, "x")), emitted)
    alone = Sorting(missed=0.0, swapped=0.9).sort(emitted[..., 4:5], POPULATION[4:5], stream(0, "x"))
    np.testing.assert_array_equal(alone, emitted[..., 4:5])
    none = np.zeros((1, 9, 6), np.uint16)
    assert not Sorting(missed=0.1, swapped=0.4).sort(none, POPULATION, stream(0, "x")).any()


def test_swapped_spikes_break_the_refractory_period_and_missed_ones_do_not():
    step = np.arange(3000)
    regular = (step[:, None] % 10 == [0, 1, 5]).astype(np.uint16)[None]
    population = np.zeros(3, int)

    def least_interval(sorting):
        recorded = sorting.sort(regular, population, stream(2, "x"))
        return min(np.diff(np.flatnonzero(recorded[0, :, neuron])).min() for neuron in range(3))

    assert least_interval(Sorting(missed=0.3, swapped=0.0)) == 10
    assert least_interval(Sorting(missed=0.0, swapped=0.1)) == 1


def test_recorded_spikes_do_not_depend_on_how_many_are_worked_on_at_once(monkeypatch):
    emitted = spikes(RATES, shape=(5, 70))
    sorting = Sorting(missed=0.1, swapped=0.3)
    whole = sorting.sort(emitted, POPULATION, stream(4, "x"))
    monkeypatch.setattr(ctdspec.observation.sorting, "_CELLS", 100)
    np.testing.assert_array_equal(sorting.sort(emitted, POPULATION, stream(4, "x")), whole)


def test_expected_rates_keep_dtype_and_silence():
    rates = np.tile(RATES.astype(np.float32), (2, 3, 1))
    rates[0, 0] = 0
    recorded = Sorting(missed=0.1, swapped=0.3).expected_rates(rates, POPULATION)
    assert recorded.dtype == np.float32
    assert (recorded[0, 0] == 0).all()
    assert (recorded >= 0).all()


def test_some_spikes_must_be_kept():
    with pytest.raises(ValidationError, match=r"missed \+ swapped must be below 1 \(found 0.5 \+ 0.5\)"):
        Sorting(missed=0.5, swapped=0.5)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Sorting(missed=-0.1, swapped=0.5)
