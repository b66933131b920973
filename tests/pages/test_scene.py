from __future__ import annotations

import numpy as np
import pytest

from ctdspec.pages.gallery import spread_over
from ctdspec.pages.scene import Scene, read_scene
from ctdspec.pages.style import Pen
from ctdspec.store.manifest import read_manifest
from ctdspec.store.truth import open_truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.file import write_answer

FIRST_TEST, BIN_S = 8, 0.02


@pytest.fixture(scope="module")
def made(make):
    """Give a dataset whose one method states an affine mixture of the true latents, and nothing else."""
    made = make(with_states=("mixture",))
    truth = open_truth(made.folder.truth)
    latents, split = truth["latents"].to_numpy(), truth["split"].to_numpy()
    mixing = np.random.default_rng(2).standard_normal((latents.shape[2], 6))
    splits = {
        name: SplitAnswer(truth["rates_hz"].to_numpy()[split == code], latents[split == code] @ mixing + 3)
        for code, name in enumerate(("train", "val", "test"))
    }
    write_answer(made.folder.submission("mixture"), Answer("mixture", "d" * 64, splits))
    return made


@pytest.fixture(scope="module")
def scene(made) -> Scene:
    return read_scene(made.folder, made.benchmark, read_manifest(made.folder.manifest), ())


def test_states_that_mix_the_truth_land_on_it(scene):
    (_, components), = scene.with_components()  # fmt: skip
    np.testing.assert_allclose(components, scene.components, atol=1e-3)


def test_padding_is_not_drawn(scene):
    assert not scene.examples.valid[0, -5:].any()
    for drawn in (scene.components, scene.examples.rates_hz, *(rates for _, rates in scene.with_rates())):
        assert np.isnan(drawn[0, -5:]).all()
        assert np.isfinite(drawn[1:]).all()


def test_examples_are_the_test_trials(scene, made):
    truth = open_truth(made.folder.truth)
    assert scene.examples.numbers.tolist() == [8, 9, 10, 11]
    np.testing.assert_array_equal(scene.examples.spikes, truth["spikes"].to_numpy()[FIRST_TEST:])
    seconds = truth["valid"].to_numpy()[FIRST_TEST:].sum() * BIN_S
    spikes = truth["spikes"].to_numpy()[FIRST_TEST:].sum(axis=(0, 1))
    np.testing.assert_allclose(scene.examples.mean_hz, spikes / seconds)


def test_neurons_that_are_drawn_are_spread_over_the_rates():
    mean_hz = np.array([9.0, 1.0, 5.0, 3.0, 7.0, 2.0, 100.0])
    chosen = np.arange(7) < 6
    assert spread_over(mean_hz, chosen) == [5, 2, 0], "the second, the fourth and the last of six"
    assert spread_over(mean_hz, ~chosen) == [6]
    assert spread_over(mean_hz, np.zeros(7, bool)) == []


def test_no_two_methods_share_a_pen():
    pens = [Pen.number(index) for index in range(18)]
    assert len(set(pens)) == 18
    assert not {"#000000", "#7b3294"} & {pen.colour for pen in pens}
