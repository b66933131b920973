import numpy as np
import pytest
from scipy.stats import binomtest

from ctdspec.observation.held_out import draw_held_out
from ctdspec.observation.selection import Candidates
from ctdspec.observation.selections.by_loading import ByLoading
from ctdspec.observation.selections.by_population import ByPopulation
from ctdspec.observation.selections.by_rate import ByRate
from ctdspec.observation.selections.contiguous import Contiguous
from ctdspec.observation.selections.first import First
from ctdspec.observation.selections.random import Random

RNG = np.random.default_rng(0)
CANDIDATES = Candidates(
    mean_hz=RNG.lognormal(2, 1, 100),
    loadings=RNG.standard_normal((100, 4)),
    population=np.repeat([0, 1], [80, 20]),
    names=["exc", "inh"],
)
KINDS = [
    Random(kind="random"),
    First(kind="first"),
    Contiguous(kind="contiguous"),
    ByRate(kind="by_rate", prefer="highest"),
    ByRate(kind="by_rate", prefer="proportional"),
    ByLoading(kind="by_loading", latents=[1, 3]),
    ByPopulation(
        kind="by_population", take=[{"population": "inh", "neurons": 10}, {"population": "exc", "neurons": 5}]
    ),
]


def choose(selection, n=15, seed=1):
    return selection.choose(CANDIDATES, n, np.random.default_rng(seed))


@pytest.mark.parametrize("selection", KINDS, ids=lambda kind: kind.kind)
def test_so_many_different_neurons_in_their_order(selection):
    chosen = choose(selection)
    assert len(chosen) == 15
    assert (np.diff(chosen) > 0).all()
    assert chosen[0] >= 0
    assert chosen[-1] < 100
    np.testing.assert_array_equal(chosen, choose(selection))


def test_random_takes_each_neuron_equally_often():
    seen = np.zeros(100, int)
    for seed in range(2000):
        seen[choose(Random(kind="random"), seed=seed)] += 1
    # 300 ± 16 for each; one that is taken 1.4 times as often is found with power 0.99.
    assert min(binomtest(int(count), 2000, 0.15).pvalue for count in seen) > 1e-4 / 100


def test_first_and_contiguous():
    np.testing.assert_array_equal(choose(First(kind="first")), np.arange(15))
    starts = {int(choose(Contiguous(kind="contiguous"), seed=seed)[0]) for seed in range(500)}
    assert (min(starts), max(starts)) == (0, 85)
    assert all((np.diff(choose(Contiguous(kind="contiguous"), seed=seed)) == 1).all() for seed in range(20))


def test_highest_rates_are_the_highest():
    chosen = choose(ByRate(kind="by_rate", prefer="highest"))
    others = np.setdiff1d(np.arange(100), chosen)
    assert CANDIDATES.mean_hz[chosen].min() > CANDIDATES.mean_hz[others].max()


def test_proportional_selection_prefers_the_active_without_excluding_the_quiet():
    seen = np.zeros(100, int)
    for seed in range(3000):
        seen[choose(ByRate(kind="by_rate", prefer="proportional"), n=1, seed=seed)] += 1
    expected = CANDIDATES.mean_hz / CANDIDATES.mean_hz.sum()
    # One draw is exactly proportional: 3000 of them, each neuron within 5 standard errors.
    assert (np.abs(seen / 3000 - expected) < 5 * np.sqrt(expected / 3000)).all()


def test_loadings_rank_by_their_share():
    chosen = choose(ByLoading(kind="by_loading", latents=[1, 3]))
    power = CANDIDATES.loadings**2
    share = power[:, [1, 3]].sum(axis=1) / power.sum(axis=1)
    assert share[chosen].min() >= np.sort(share)[-15]
    with pytest.raises(ValueError, match="latent 4 is asked for, but the system has 4 latents"):
        ByLoading(kind="by_loading", latents=[4]).ensure_selects(10, {"all": 100}, 4)


def test_populations_give_what_is_taken():
    chosen = choose(KINDS[-1])
    np.testing.assert_array_equal(np.bincount(CANDIDATES.population[chosen]), [5, 10])


@pytest.mark.parametrize(
    ("take", "observed", "message"),
    [
        ([("inh", 10)], 15, "adds up to 10 neurons, but neurons declares 15"),
        ([("pyr", 15)], 15, "no population 'pyr'; there are exc, inh"),
        ([("inh", 21)], 21, "21 neurons of population 'inh' are asked for, which has 20"),
    ],
)
def test_what_populations_cannot_give_is_refused(take, observed, message):
    selection = ByPopulation(kind="by_population", take=[{"population": p, "neurons": n} for p, n in take])
    with pytest.raises(ValueError, match=message):
        selection.ensure_selects(observed, {"exc": 80, "inh": 20}, 4)


@pytest.mark.parametrize("n_held_out", [0, 1, 7, 20, 99])
def test_held_out_neurons_are_drawn_from_every_population_in_proportion(n_held_out):
    population = np.repeat([0, 1, 2], [60, 30, 10])
    held_out = draw_held_out(population, n_held_out, np.random.default_rng(0))
    assert held_out.sum() == n_held_out
    found = np.bincount(population[held_out], minlength=3)
    assert (np.abs(found - n_held_out * np.array([0.6, 0.3, 0.1])) < 1).all()


def test_held_out_neurons_are_drawn_at_random():
    counts = sum(
        draw_held_out(np.zeros(10, int), 3, np.random.default_rng(seed)).astype(int) for seed in range(2000)
    )
    # 600 ± 20 times each: a neuron that is held out 1.2 times as often is found with power 0.99.
    assert (np.abs(counts - 600) < 5 * 20.5).all()
