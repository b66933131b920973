from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ctdspec.store.layout import DatasetFolder
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.nwb_storage import Storage
from ctdspec.store.session import Session


@dataclass(frozen=True)
class Written:
    """A small dataset on disk, with what went into it."""

    folder: DatasetFolder
    session: Session
    recorded: np.ndarray
    stimulus: np.ndarray
    outputs: np.ndarray
    digests: dict[str, str]

    @property
    def counts(self) -> np.ndarray:
        """(trial, time, neuron): spikes of the bins."""
        steps = self.recorded.reshape(*self.session.valid.shape, -1, self.session.n_neurons)
        return steps.sum(axis=2, dtype=np.uint16)


def session(
    n_trials: int = 30, n_bins: int = 40, n_neurons: int = 8, bin_s: float = 0.01, columns: int = 2
) -> Session:
    split = np.array(["train"] * (n_trials - 10) + ["val"] * 4 + ["test"] * 6)
    np.random.Generator(np.random.PCG64(5)).shuffle(split)
    return Session(
        benchmark="3bff_small",
        title="Small flip-flop",
        seed=3,
        dataset="5a" * 32,
        spec_yaml="ctdspec: 1\nname: 3bff_small\n",
        bin_s=bin_s,
        split=split,
        valid=np.ones((n_trials, n_bins), bool),
        held_out=np.arange(n_neurons) >= n_neurons - 2,
        input_names=tuple(f"pulse_{i}" for i in range(columns)),
        output_names=tuple(f"bit_{i}" for i in range(columns)),
    )


def arrays(session: Session, mean: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give something to record, a stimulus and outputs; a spike is only where one is recorded."""
    rng = np.random.Generator(np.random.PCG64(1))
    n_trials, n_bins = session.valid.shape
    steps = session.steps_per_bin
    recorded = rng.poisson(mean / steps, (n_trials, n_bins * steps, session.n_neurons)).astype(np.uint16)
    recorded[..., 1] = 0  # a silent unit
    if (seen := session.recorded_in(slice(None))) is not None:
        recorded *= np.repeat(seen, steps, axis=1)
    stimulus = rng.standard_normal((*session.valid.shape, len(session.input_names))).astype(np.float32)
    outputs = rng.standard_normal((*session.valid.shape, len(session.output_names))).astype(np.float32)
    if session.signal_kind:
        recorded = rng.standard_normal(recorded.shape).astype(np.float32)
    return recorded, stimulus, outputs


def write(
    path: Path, session: Session, mean: float = 0.5, threads: int = 2, storage: Storage = "compressed"
) -> Written:
    folder = DatasetFolder(path)
    recorded, stimulus, outputs = arrays(session, mean)
    digests = write_nwb_pair(folder, session, recorded, stimulus, outputs, threads, storage)
    return Written(folder, session, recorded, stimulus, outputs, digests)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write(tmp_path_factory.mktemp("store") / "3bff_small", session())


@pytest.fixture(scope="session")
def make_session() -> Callable[..., Session]:
    return session


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Written]:
    return write
