"""Context-dependent integration, judged by the names of its conditions and by observers who sum."""

import re

import numpy as np
import pytest
from scipy.stats import norm

from ctdspec.seeds import stream
from ctdspec.tasks.context_integration import ContextIntegration

MANTE = {
    "kind": "context_integration", "trial_s": 1.0, "bin_s": 0.01, "fixation_s": 0.1,
    "shortest_stimulus_s": 0.2, "decision_s": 0.1, "grace_s": 0.02, "coherences": [0.02, 0.05, 0.15],
    "input_noise_sd": 0.3,
}  # fmt: skip


def context_integration(**changes):
    return ContextIntegration(**MANTE | changes)


def test_cues_evidence_and_choice_are_what_the_condition_says():
    task = context_integration()
    trials = task.sample(400, stream(1, "test"))
    assert len(task.condition_names) == 2 * 6 * 6
    for trial in range(400):
        said = re.fullmatch(
            r"attend (motion|colour), motion (\S+), colour (\S+)",
            task.condition_names[trials.condition[trial]],
        )
        asked, motion, colour = said[1], float(said[2]), float(said[3])
        _, *evidence, cue_motion, cue_colour = trials.stimulus[trial].T
        shown = trials.epochs["stimulus"].bins(100)[trial]
        np.testing.assert_allclose(evidence[0], motion * shown, rtol=1e-6)
        np.testing.assert_allclose(evidence[1], colour * shown, rtol=1e-6)
        np.testing.assert_array_equal(cue_motion, (asked == "motion") * trials.valid[trial])
        np.testing.assert_array_equal(cue_colour, (asked == "colour") * trials.valid[trial])
        counts = motion if asked == "motion" else colour
        assert set(trials.targets[trial][trials.scored[trial]]) == {np.sign(counts)}


def summed(trials, weights):
    """Choose by the sum of the two streams, weighted by trial (trial, 2)."""
    shown = trials.epochs["stimulus"].bins(trials.valid.shape[1])
    evidence = (trials.inputs[..., 1:3] * shown[..., None]).sum(axis=1, dtype=float)
    return np.sign((evidence * weights).sum(axis=1))[:, None, None] * np.ones(trials.targets.shape)


def test_observers_who_sum_are_as_good_as_theory_says():
    task = context_integration()
    trials = task.sample(20_000, stream(2, "test"))
    cues = trials.stimulus[:, 0, 3:]
    found = {
        name: task.accuracy(summed(trials, weights), trials).mean()
        for name, weights in {"attending": cues, "wrong": 1 - cues, "both": np.ones(2)}.items()
    }
    sd = 0.5 / np.sqrt(20_000)
    # Four s.d. are 1.4 %: an ideal that is off by 2 % is found with power 0.95.
    assert found["attending"] == pytest.approx(task.ideal_accuracy(), abs=4 * sd)
    assert found["wrong"] == pytest.approx(0.5, abs=4 * sd)
    assert 0.5 + 4 * sd < found["both"] < task.ideal_accuracy() - 4 * sd


def test_the_ideal_accuracy_is_normal_and_one_without_noise():
    one = context_integration(coherences=[0.1], shortest_stimulus_s=0.8)
    assert one.ideal_accuracy() == pytest.approx(norm.cdf(0.1 * np.sqrt(80) / 0.3), abs=1e-12)
    assert context_integration(input_noise_sd=0.0).ideal_accuracy() == 1
