import numpy as np
import pytest

from ctdspec.metrics.chance import ou_answer, shifted_answer
from ctdspec.metrics.truth import SplitTruth, Truth


def make_truth(n_bins=80):
    rng = np.random.default_rng(0)

    def split(n_trials):
        latents = np.empty((n_trials, n_bins, 2))
        now = rng.standard_normal((n_trials, 2)) / np.sqrt(1 - 0.9**2)
        for t in range(n_bins):
            latents[:, t] = now = 0.9 * now + rng.standard_normal(now.shape)
        valid = np.arange(n_bins) < rng.integers(1, n_bins + 1, (n_trials, 1))
        rates_hz = np.exp(latents @ [[0.3, 0.1, -0.2], [0, 0.2, 0.2]] + 2) * valid[..., None]
        return SplitTruth(latents.astype(np.float32), rates_hz.astype(np.float32), valid)

    splits = {"train": split(300), "val": split(1), "test": split(70)}
    return Truth("digest", 0.01, np.array([False, False, True]), splits)


TRUTH = make_truth()


def test_shifted_trials_are_rings_turned_by_at_least_one_bin():
    answer = shifted_answer(TRUTH, np.random.default_rng(0))
    TRUTH.expected.ensure(answer)
    for name, split in answer.splits.items():
        true = TRUTH.splits[name]
        assert np.array_equal(split.states[~true.valid], true.latents[~true.valid])
        for trial, inside in enumerate(true.valid):
            ring, turned = true.latents[trial, inside], split.states[trial, inside]
            turns = [k for k in range(len(ring)) if np.array_equal(np.roll(ring, k, axis=0), turned)]
            assert turns
            assert turns != [0] or len(ring) == 1
            assert np.array_equal(
                split.rates_hz[trial, inside], np.roll(true.rates_hz[trial, inside], turns[0], axis=0)
            )


def test_turns_are_equally_likely():
    ramp = np.tile(np.arange(4, dtype=np.float32)[None, :, None], (3000, 1, 1))
    split = SplitTruth(ramp, ramp, np.ones((3000, 4), bool))
    answer = shifted_answer(Truth("d", 0.01, np.array([True]), {"test": split}), np.random.default_rng(0))
    # Three turns, 1000 +- 26 each.
    assert np.bincount(answer.splits["test"].states[:, 0, 0].astype(int), minlength=4) == pytest.approx(
        [0, 1000, 1000, 1000], abs=120
    )


def test_a_matched_process_has_the_moments_and_not_the_trials():
    answer = ou_answer(TRUTH, np.random.default_rng(0))
    TRUTH.expected.ensure(answer)
    true, made = TRUTH.splits["train"], answer.splits["train"]
    inside = true.valid
    assert np.cov(made.states[inside].T) == pytest.approx(np.cov(true.latents[inside].T), abs=0.6)
    # Rates are those of the states, as the truth's are: the process is matched jointly.
    logs = np.log(made.rates_hz)[inside]
    assert logs == pytest.approx(made.states[inside] @ [[0.3, 0.1, -0.2], [0, 0.2, 0.2]] + 2, abs=0.01)
    assert abs(np.corrcoef(made.states[inside][:, 0], true.latents[inside][:, 0])[0, 1]) < 0.1
