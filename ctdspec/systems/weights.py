"""Reading the weights of a network from a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from ctdspec.errors import DatasetError

_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def load_weights(path: Path, needed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Read the weights that a network needs: the names, shapes and dtypes of `needed`, no more and no fewer.

    Raises
    ------
    DatasetError
        If the file cannot be read, or does not hold exactly these arrays, or one has a value that is not
        finite; every such array is named.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            found = {name: _describe(file, name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            wanted = {name: f"{array.dtype} {array.shape}" for name, array in needed.items()}
            problems = _differences(found, wanted)
            weights = {} if problems else {name: file.get_tensor(name) for name in wanted}
    except (OSError, SafetensorError) as error:
        raise DatasetError(f"{path}: cannot be read as a safetensors file ({error})") from error
    problems += [
        f"{name}: has values that are not finite"
        for name, array in weights.items()
        if not np.isfinite(array).all()
    ]
    if problems:
        raise DatasetError(_message(path, problems))
    return weights


def _describe(file: safe_open, name: str) -> str:
    tensor = file.get_slice(name)
    return f"{_DTYPES.get(tensor.get_dtype(), tensor.get_dtype())} {tuple(tensor.get_shape())}"


def _differences(found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: found {found.get(name, 'nothing')}, needed {wanted.get(name, 'nothing')}"
        for name in sorted({*found, *wanted})
        if found.get(name) != wanted.get(name)
    ]


def _message(path: Path, problems: list[str]) -> str:
    lines = "\n".join(f"    {problem}" for problem in problems)
    return (
        f"{path}: the weights are not those of the system that the spec declares\n{lines}\n"
        "    change system.cell or the task to what the weights were trained for, or train anew: "
        "leave out system.weights"
    )
