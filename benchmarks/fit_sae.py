"""Time to fit the GRU autoencoder to `3bff_ctdb` (800 × 500 × 60), beside a published benchmark's recipe.

Run as ``uv run --extra train python benchmarks/fit_sae.py [--data DIR] [--times N]``. DIR is the folder of a
built `3bff_ctdb`; without it, the data are built in a temporary folder. Both fits run in the same loop, are
judged by the same bits per spike of held-out neurons on the validation trials, and are told by the processor
time of their one thread, checks included.

shipped
    ``specs/data_models/gru_sae.yaml``, to its end.
published
    A published benchmark's recipe, re-stated: encoder of 100 units in each direction that reads every bin,
    GRU of 128 units, whole trials, batches of 250, Adam at 2e-3, gradients clipped at 0.01, dropout 0.05.
    It gets N times the processor time in which the shipped one reached its 98 %.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ctdspec.benchmark import load
from ctdspec.engine.run import build
from ctdspec.methods._learner import Learner
from ctdspec.methods.sae import Sae
from ctdspec.store.recording import Recording, open_recording
from ctdspec.systems._lightning import one_thread

SEED = 0
PUBLISHED = {
    "name": "published",
    "encoder": {"units": 100, "bins": 1, "dropout": 0.05},
    "cell": {"kind": "gru", "units": 128},
}
PUBLISHED_FITTING = {
    "batch_trials": 250, "window_bins": None, "learning_rate": 2e-3, "warmup_steps": 0, "decay": 1.0,
    "patience_checks": 1000, "max_epochs": 1000, "gradient_clip": 0.01,
}  # fmt: skip


def course(method: Sae, recording: Recording) -> Iterator[tuple[int, float, float]]:
    """Fit, and yield after every check: epochs, seconds of processor time, bits per spike."""
    learner, start = Learner(method, recording, SEED), time.process_time()
    course = learner.course
    while course.why_ended is None:
        learner.train_epoch()
        learner.check()
        spent, bits = time.process_time() - start, course.checks[-1].val_co_bps
        print(f"  epoch {course.epochs:3d} {spent:7.1f} s   {bits:.4f} bit/spike", flush=True)
        yield course.epochs, spent, bits


def compare(recording: Recording, times: float) -> None:
    shipped = next(method for method in load("3bff_ctdb").data_models if method.name == "gru")
    assert isinstance(shipped, Sae)
    fitting = shipped.fitting.model_copy(update={"device": "cpu"})
    print("shipped")
    ours = list(course(shipped.model_copy(update={"fitting": fitting}), recording))
    best = max(bits for _, _, bits in ours)
    seconds = next(seconds for _, seconds, bits in ours if bits >= 0.98 * best)
    print(f"  {0.98 * best:.4f} after {seconds:.1f} s; {ours[-1][1] / ours[-1][0]:.2f} s per epoch")

    print("published")
    settings = {name: getattr(shipped, name) for name in Sae.model_fields} | PUBLISHED
    settings["fitting"] = {**fitting.model_dump(), **PUBLISHED_FITTING}
    reached = float("-inf")
    for epochs, spent, bits in course(Sae.model_validate(settings), recording):
        reached = max(reached, bits)
        if reached >= 0.98 * best or spent >= times * seconds:
            longer = spent / seconds
            print(f"  {reached:.4f} after {spent:.1f} s ({longer:.1f}×); {spent / epochs:.2f} s per epoch")
            break
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--times", type=float, default=3.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, one_thread():
        recording = open_recording(options.data or build("3bff_ctdb", folder))
        compare(recording, options.times)


if __name__ == "__main__":
    main()
