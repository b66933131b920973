"""Time and memory to write and read NWB pairs, beside raw h5py with the same times.

1e7 spikes of 1000 units against raw h5py, in both storages; and 5e7 spikes from a Zarr array in a process of
its own, whose peak memory is what counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import h5py
import numpy as np
import pynwb  # noqa: F401  (its import is not what is timed)
import zarr

from ctdspec.seeds import stream
from ctdspec.store.fired import Fired
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.nwb_storage import Storage
from ctdspec.store.recording import open_recording
from ctdspec.store.session import Session
from ctdspec.store.spike_times import Clock, spike_times

BINS, NEURONS, REPEATS = 500, 1000, 3


def main() -> None:
    with TemporaryDirectory(dir=os.environ.get("CTDSPEC_BENCHMARK_DIR")) as directory:
        in_process("make_counts", Path(directory), 1000)
        for threads in (1, 2):
            in_process("write_stream", Path(directory), threads)
        against_raw(Path(directory), trials=200)


def against_raw(directory: Path, trials: int) -> None:
    """Compare the pair with files that hold nothing but its spike times, as durable as it is."""
    counts = stream(0, "benchmark").poisson(0.1, (trials, BINS, NEURONS)).astype(np.uint16)
    print(f"{counts.sum():.3g} spikes of {NEURONS} units")
    folder = DatasetFolder(directory / "speed")
    report("times alone, drawn on one thread", partial(all_times, session(trials), counts))
    times = all_times(session(trials), counts)
    for storage in ("plain", "compressed"):
        raw = report(f"raw h5py, {storage}", partial(write_raw, directory, times, storage))
        write = partial(write_nwb_pair, folder, session(trials), counts, storage=storage)
        for threads in (1, 2):
            whole = report(f"the pair, {storage}, {threads} threads", partial(write, threads=threads))
            print(f"{'':44s} {whole / raw:.2f} of raw h5py")
        given = report(f"the pair, {storage}, times given", partial(with_times_given, write, times))
        print(f"{'':44s} {given / raw:.2f} of raw h5py")
    report("read and bin the pair", partial(open_recording, folder.path))


def in_process(what: str, directory: Path, argument: int) -> None:
    """Call a function in a process of its own: the peak memory of this one says nothing of it."""
    subprocess.run([sys.executable, __file__, what, str(directory), str(argument)], check=True)


def make_counts(directory: Path, trials: int) -> None:
    shape = (trials, BINS, NEURONS)
    counts = zarr.create_array(
        directory / "counts.zarr", shape=shape, dtype="uint16", chunks=(50, BINS, NEURONS)
    )
    for start in range(0, trials, 50):
        drawn = stream(0, "benchmark", start).poisson(0.1, (50, BINS, NEURONS))
        counts[start : start + 50] = drawn.astype(np.uint16)


def write_stream(directory: Path, threads: int) -> None:
    counts = zarr.open_array(directory / "counts.zarr", mode="r")
    folder, before_mb, start = DatasetFolder(directory / "streamed"), peak_mb(), time.perf_counter()
    write_nwb_pair(folder, session(counts.shape[0]), counts, threads=threads, storage="plain")
    seconds, peak = time.perf_counter() - start, peak_mb()
    megabytes = sum(path.stat().st_size for path in folder.path.rglob("*.nwb")) / 1e6
    print(
        f"from Zarr, {counts.nbytes / 1e6:.0f} MB of counts, {threads} threads: {seconds:.1f} s,"
        f" peak {peak:.0f} MB ({before_mb:.0f} MB before); files of {megabytes:.0f} MB"
    )


def session(trials: int) -> Session:
    return Session(
        benchmark="speed",
        title="Speed",
        seed=0,
        dataset="0" * 64,
        spec_yaml="",
        bin_s=0.01,
        split=np.repeat(["train", "val", "test"], [trials - trials // 5, trials // 10, trials // 10]),
        valid=np.ones((trials, BINS), bool),
        held_out=np.arange(NEURONS) >= NEURONS * 9 // 10,
        input_names=(),
        output_names=(),
    )


def all_times(session: Session, counts: np.ndarray) -> list[list[np.ndarray]]:
    """Give the times of each unit of the train file and of the test file."""
    clock = Clock.of(session.bin_s)
    return [
        [
            spike_times(Fired.of(counts[trials, :, i]), clock, stream(0, f"spike_times/{part}", i))
            for i in session.neurons(part)
        ]
        for part in ("train", "test")
        for trials in [session.trials(part)]
    ]


@dataclass(frozen=True)
class Given:
    """Stands for the counts of a part whose times are there already."""

    times: list[np.ndarray]

    @property
    def n_spikes(self) -> int:
        """All of them."""
        return sum(map(len, self.times))

    def by_neuron(self) -> list[np.ndarray]:
        """Give the times, in place of counts."""
        return self.times


def with_times_given(write: Callable[..., object], times: list[list[np.ndarray]]) -> None:
    """Write the pair with times that are there already: neither the counts nor the drawing is timed."""
    given = dict(zip(("train", "test"), map(Given, times), strict=True))
    with (
        patch("ctdspec.store.nwb._counts_by_neuron", lambda *_: given),
        patch("ctdspec.store.nwb.spike_times", lambda times_s, clock, rng: times_s),
    ):
        write(threads=1)


def write_raw(directory: Path, times: list[list[np.ndarray]], storage: Storage) -> None:
    gzip = {"chunks": (1 << 18,), "compression": 1, "shuffle": True} if storage == "compressed" else {}
    for i, part in enumerate(times):
        path = directory / f"raw{i}.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("times", data=np.concatenate(part), **gzip)
        with path.open("rb") as written:
            os.fsync(written.fileno())


def report(what: str, work: Callable[[], object]) -> float:
    """Print the least time that work takes, and give its seconds."""
    seconds = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = min(seconds)
    print(f"{what:44s} {wall:6.2f} s wall {cpu:6.2f} s CPU")
    return wall


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"make_counts": make_counts, "write_stream": write_stream}[sys.argv[1]](
            Path(sys.argv[2]), int(sys.argv[3])
        )
    else:
        main()
