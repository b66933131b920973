from dataclasses import dataclass

import numpy as np
import pytest

from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.store.recording import Recording, SplitRecording

BIN_S, N_BINS = 0.02, 60


@dataclass(frozen=True)
class World:
    recording: Recording
    truth: Truth


def make_world(n_trials=(80, 20, 20), n_neurons=15, n_held_out=3, short_trials=False) -> World:
    """Two smooth latents seen through log-linear rates near 15 Hz."""
    rng = np.random.default_rng(0)
    weights, mean_hz = rng.standard_normal((2, n_neurons)), rng.uniform(5, 25, n_neurons)
    held_out = np.arange(n_neurons) % 5 == 2 if n_held_out else np.zeros(n_neurons, bool)
    truth, recorded = {}, {}
    for split, n in zip(("train", "val", "test"), n_trials, strict=True):
        time_s = np.arange(N_BINS) * BIN_S
        phase, speed = rng.uniform(0, 2 * np.pi, (n, 1)), rng.uniform(4, 8, (n, 1))
        latents = np.stack([np.sin(phase + speed * time_s), np.cos(phase + speed * time_s)], axis=2)
        rates_hz = mean_hz * np.exp(latents @ weights)
        lengths = rng.integers(N_BINS // 3, N_BINS + 1, (n, 1)) if short_trials else N_BINS
        valid = np.broadcast_to(np.arange(N_BINS) < lengths, (n, N_BINS))
        spikes = (rng.poisson(rates_hz * BIN_S) * valid[:, :, None]).astype(np.uint16)
        truth[split] = SplitTruth(latents.astype(np.float32), rates_hz.astype(np.float32), valid, spikes)
        seen = spikes if split != "test" else spikes[..., ~held_out]
        recorded[split] = SplitRecording(seen, np.zeros((n, N_BINS, 0), np.float32), valid)
    return World(
        Recording(
            "digest", BIN_S, held_out, recorded, np.arange(len(held_out)), np.full(len(held_out), "all")
        ),
        Truth("digest", BIN_S, held_out, truth),
    )


@pytest.fixture(scope="session")
def world() -> World:
    return make_world()


@pytest.fixture(scope="session")
def world_of_short_trials() -> World:
    return make_world(short_trials=True)


@pytest.fixture(scope="session")
def world_without_held_out() -> World:
    return make_world(n_held_out=0)
