"""What stands between a recording and elephant's GPFA."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ctdspec.errors import MethodError, UsageError
from ctdspec.methods import extra
from ctdspec.methods.gpfa import Gpfa, Roots

GPFA = Gpfa(
    kind="gpfa",
    name="gpfa",
    joined_bins=2,
    n_latents=[2],
    enough=1.0,
    fit_trials=40,
    timescale_s=0.1,
    max_iterations=20,
    tolerance=1e-4,
    readout={"ridges": [1e-3], "fit_bins": 4000},
)


def test_without_elephant_it_is_said_what_to_install(world, monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "elephant" else SimpleNamespace())
    with pytest.raises(MethodError, match=r"needs elephant, .* uv sync --extra gpfa"):
        GPFA.fit(world.recording, seed=0)


def test_latents_are_drawn_through_the_centres_of_joined_bins(world_of_short_trials):
    """A straight line stays one; before the first centre and after the last it is level."""
    roots = Roots.of(world_of_short_trials.recording, "train", 3)
    length = int(roots.valid[0].sum())
    centres = np.arange(-(-length // 3)) * 3 + 1.0
    spread = roots.spread(centres[None], 0)
    assert spread.shape == (60, 1)
    assert spread[1 : length - 2, 0] == pytest.approx(np.arange(1, length - 2))
    assert spread[0] == 1
    assert (np.diff(spread[length:, 0]) == 0).all()


def test_the_last_joined_bin_is_scaled_to_the_length_of_the_others(world):
    """Sixty bins make eight of seven and one of four."""
    recording = world.recording
    ones = {name: replace(s, counts=np.ones_like(s.spikes)) for name, s in recording.splits.items()}
    roots = Roots.of(replace(recording, splits=ones), "val", 7)
    assert roots.trials[0].shape == (12, 9)
    assert roots.trials[0] == pytest.approx(np.sqrt(7))


def test_fitting_says_nothing(world, capsys):
    pytest.importorskip("elephant", reason="needs the extra gpfa")
    answer = GPFA.fit(world.recording, seed=0)
    assert capsys.readouterr().out == ""
    assert answer.splits["test"].states.shape == (20, 60, 2)


def test_latents_as_many_as_neurons_are_refused(world):
    pytest.importorskip("elephant", reason="needs the extra gpfa")
    with pytest.raises(UsageError, match="'gpfa', n_latents: found 12, expected at most 11"):
        GPFA.model_copy(update={"n_latents": [12]}).fit(world.recording, seed=0)


def test_trials_that_are_too_short_are_refused(world):
    pytest.importorskip("elephant", reason="needs the extra gpfa")
    with pytest.raises(MethodError, match="no train trial of 20 bins of 4"):
        GPFA.model_copy(update={"joined_bins": 4}).fit(world.recording, seed=0)
