"""Datasets whose seed is the organiser's secret, so that participants cannot make the truth again."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ctdspec.benchmark import SECRET_SEEDS, Benchmark
from ctdspec.errors import DatasetError, UsageError
from ctdspec.seeds import stream
from ctdspec.spec.load import read
from ctdspec.spec.sweep import SEED
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest

_MOST = 2**63


def private(benchmark: Benchmark, seed_file: Path) -> Benchmark:
    """Give a benchmark with the seed of a file in place of its own; the file is made if it is not there.

    Raises
    ------
    UsageError
        If the file does not hold a seed, the spec sweeps over seeds, or its rates cannot be realised.
    """
    if SEED in (benchmark.sweep or {}):
        raise UsageError("--secret-seed: the spec sweeps over `seed`, which would then be no secret")
    fields = {name: getattr(benchmark, name) for name in Benchmark.model_fields}
    return Benchmark.model_validate({**fields, "seed": secret_seed(seed_file), "private": True})


def secret_seed(path: Path) -> int:
    """Read the seed in a file, or draw one and write it to a new file that only its owner may read.

    Raises
    ------
    UsageError
        If the file does not hold a seed of at least `SECRET_SEEDS`, or cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_seed(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    seed = SECRET_SEEDS + secrets.randbelow(_MOST - SECRET_SEEDS)
    with os.fdopen(handle, "w") as file:
        file.write(f"{seed}\n")
    return seed


def _read_seed(path: Path) -> int:
    text = read(path).decode("ascii", "replace").strip()
    if not (text.isdecimal() and len(text) < 20 and SECRET_SEEDS <= int(text) < _MOST):
        raise UsageError(
            f"{path}: expected one whole number from {SECRET_SEEDS} to 2**63, which is too many to try;"
            " give the name of a new file to have one drawn"
        )
    return int(text)


def ensure_same_secret(benchmark: Benchmark, folder: DatasetFolder) -> None:
    """Refuse to replace a private dataset by another one, and any other by a private one.

    Raises
    ------
    UsageError
        Which says what to do.
    """
    try:
        before = read_manifest(folder.manifest)
    except DatasetError:
        return
    private = benchmark.private is True
    if before.dataset and (before.private != private or (private and before.seed != benchmark.seed)):
        what = "a private dataset" if before.private else "a dataset whose seed is no secret"
        raise UsageError(
            f"{folder.path}: holds {what}, which this would replace by another one; give another --out, or"
            " the --secret-seed that it was built with"
        )


def method_seed(benchmark: Benchmark) -> int:
    """Give the seed that data models are given: they may hand it on, so a secret one stays behind."""
    if not benchmark.private:
        return benchmark.seed
    return int(stream(benchmark.seed, "methods").integers(2**31))
