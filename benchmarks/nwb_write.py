"""Time to write and read an NWB pair of 3.5e7 spikes, beside raw h5py with the same times.

1000 trials × 500 bins of 10 ms × 60 units, 1.16 spikes per bin: the size of 3bff_ctdb.
"""

from __future__ import annotations

import resource
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pynwb  # noqa: F401  (its import is not what is timed)

from ctdspec.seeds import stream
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.recording import open_recording
from ctdspec.store.session import Session
from ctdspec.store.spike_times import Clock, spike_times

TRIALS, BINS, NEURONS = 1000, 500, 60


def main() -> None:
    rng = stream(0, "benchmark")
    counts = np.concatenate(
        [rng.poisson(1.16, (100, BINS, NEURONS)).astype(np.uint16) for _ in range(TRIALS // 100)]
    )
    pulses = (rng.random((TRIALS, BINS, 3)) < 0.02).astype(np.float32)
    outputs = rng.standard_normal((TRIALS, BINS, 3), np.float32)
    session = Session(
        benchmark="speed",
        title="Speed",
        seed=0,
        dataset="0" * 64,
        spec_yaml="",
        bin_s=0.01,
        split=np.repeat(["train", "val", "test"], [800, 100, 100]),
        valid=np.ones((TRIALS, BINS), bool),
        held_out=np.arange(NEURONS) >= 50,
        input_names=("a", "b", "c"),
        output_names=("a", "b", "c"),
    )
    print(f"{counts.sum():.3g} spikes; before: peak {peak_mb():.0f} MB")
    with TemporaryDirectory() as directory:
        folder = DatasetFolder(Path(directory) / "speed")
        ours = 0.0
        for threads in (1, 2):
            write = partial(
                write_nwb_pair, folder, session, lambda n: counts[..., n], pulses, outputs, threads
            )
            ours = report(f"NWB pair, {threads} threads", write, counts)
        report("read and bin the pair", partial(open_recording, folder.path), counts)
        megabytes = sum(path.stat().st_size for path in folder.path.rglob("*.nwb")) / 1e6
        print(f"peak {peak_mb():.0f} MB, files {megabytes:.0f} MB")

        report("spike times alone", partial(deque, all_times(counts, session.bin_s), 0), counts)
        times = np.concatenate(list(all_times(counts, session.bin_s)))
        gzip = {"chunks": (1 << 18,), "compression": 1, "shuffle": True}
        for name, storage in {"raw h5py": {}, "raw h5py, gzip 1 + shuffle": gzip}.items():
            raw = report(name, partial(write_raw, folder.path / "raw.h5", times, storage), counts)
            print(f"    the pair, times drawn and both files written, takes {ours / raw:.1f} times this CPU")


def all_times(counts: np.ndarray, bin_s: float) -> Iterator[np.ndarray]:
    clock = Clock.of(bin_s)
    for i in range(counts.shape[2]):
        yield spike_times(np.ascontiguousarray(counts[..., i]), clock, stream(0, "times", i))


def write_raw(path: Path, times: np.ndarray, storage: dict) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("times", data=times, **storage)


def report(what: str, work: Callable[[], object], counts: np.ndarray) -> float:
    """Print the time that work takes, and give its CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what:30s} {wall:6.2f} s wall {cpu:6.2f} s CPU {cpu / counts.sum() * 1e9:6.1f} ns CPU per spike")
    return cpu


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main()
