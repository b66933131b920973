"""What the child process that first meets a stranger's model does: bound itself, run it once, report."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from ctdspec.submissions.exchange import READOUT, STEP
from ctdspec.submissions.expected import Problem, coded
from ctdspec.submissions.onnx_model import (
    BLOCK_ROWS,
    MAX_BLOCK_PRODUCTS,
    MAX_BLOCK_VALUES,
    OnnxFunction,
    graph_problems,
    parsed,
)

MEMORY_BYTES = 900_000_000
"""Address space: what one run may need, several times over."""
CPU_S = 20
_SAME = 1e-9
_WRITE = "export a model that takes states (row, latent), and inputs if it has any, row by row"


def main() -> None:
    """Answer the one request on stdin: a line of JSON, then the bytes of the models and of the probes."""
    import onnx.reference  # noqa: F401  nothing can be opened, and so imported, once this process is bound

    request = json.loads(sys.stdin.buffer.readline())
    models = {name: sys.stdin.buffer.read(request[name]) for name in (STEP, READOUT)}
    states, inputs = (
        np.frombuffer(sys.stdin.buffer.read(8 * BLOCK_ROWS * width)).reshape(BLOCK_ROWS, width)
        for width in (request["n_latents"], request["n_inputs"])
    )
    OnnxFunction(_nothing()).needs(states)
    bound()
    arguments = {STEP: [states, inputs] if request["n_inputs"] else [states], READOUT: [states]}
    widths = {STEP: request["n_latents"], READOUT: request["n_neurons"]}
    found: list[Problem] = []
    for name, data in models.items():
        found += model_problems(data, arguments[name], widths[name], f"dynamics/{name}")
    json.dump([asdict(problem) for problem in found], sys.stdout)


def bound() -> None:
    """Give up what running a model does not need, for the rest of this process's life."""
    limits = {
        resource.RLIMIT_CPU: CPU_S,
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 0,
    }
    for kind, most in limits.items():
        # Some platforms do not know every limit; the others, and the process, still hold.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _nothing() -> bytes:
    """Give a model that does nothing: running it imports whatever running needs."""
    from ctdspec.submissions.traced import traced_model

    return traced_model(lambda states: states, {"states": 1}, "same")


def model_problems(data: bytes, arguments: list[np.ndarray], width: int, place: str) -> Iterator[Problem]:
    """Find what is wrong with a model that is to give (row, `width`) of some arrays of `BLOCK_ROWS` rows."""
    model = parsed(data, place)
    if isinstance(model, Problem):
        yield model
        return
    unfit = list(graph_problems(model, place))
    if unfit:
        yield from unfit
        return
    try:
        yield from _run_problems(OnnxFunction(data), arguments, width, place)
    except MemoryError:
        yield _too_much(place, "more memory than allowed")
    except Exception as error:  # a graph that does not fit together raises almost anything
        found = f"a model that does not run ({type(error).__name__}: {str(error)[:200]})"
        yield coded("SUB-DYN-008", place, found, "a model that runs", _WRITE)


def _run_problems(
    function: OnnxFunction, arguments: list[np.ndarray], width: int, place: str
) -> Iterator[Problem]:
    if len(function.arguments) != len(arguments):
        found = f"{len(function.arguments)} arguments ({', '.join(function.arguments)})"[:200]
        yield coded("SUB-DYN-007", place, found, f"{len(arguments)}: {_ARGUMENTS[len(arguments)]}", _WRITE)
        return
    held, products = function.needs(*arguments)
    if held > MAX_BLOCK_VALUES or products > MAX_BLOCK_PRODUCTS:
        yield _too_much(place, f"{held} numbers and {products} products for {BLOCK_ROWS} rows")
        return
    given = function(*arguments)
    if given.shape != (BLOCK_ROWS, width):
        found = f"shape {given.shape} for {BLOCK_ROWS} rows"
        yield coded("SUB-DYN-008", place, found, f"({BLOCK_ROWS}, {width})", _WRITE)
    elif not np.isfinite(given).all():
        found = "values that are NaN or infinite at the answer's own states"
        yield coded("SUB-DYN-009", place, found, "finite values there", "look at the model at these states")
    elif not np.allclose(function(*map(_rearranged, arguments))[_HALF:], given[:_HALF], _SAME, _SAME):
        found = "rows that depend on other rows"
        yield coded("SUB-DYN-011", place, found, "each row from its own state", "export in evaluation mode")


_HALF = BLOCK_ROWS // 2


def _rearranged(array: np.ndarray) -> np.ndarray:
    """Give the first half of the rows in another place and beside other rows."""
    return np.concatenate([np.repeat(array[-1:], _HALF, axis=0), array[:_HALF]])


_ARGUMENTS = {1: "states", 2: "states and inputs"}


def _too_much(place: str, found: str) -> Problem:
    expected = f"at most {MAX_BLOCK_VALUES} numbers and {MAX_BLOCK_PRODUCTS} products"
    return coded("SUB-DYN-010", place, found, expected, "export a smaller model, or with fewer substeps")


def request(
    models: dict[str, bytes], states: np.ndarray, inputs: np.ndarray, n_neurons: int
) -> Iterator[bytes]:
    """Give what `main` reads, for states (BLOCK_ROWS, latent) and inputs (BLOCK_ROWS, input)."""
    head: dict[str, Any] = {name: len(data) for name, data in models.items()}
    head |= {"n_latents": states.shape[1], "n_inputs": inputs.shape[1], "n_neurons": n_neurons}
    yield json.dumps(head).encode() + b"\n"
    yield from models.values()
    yield from (np.ascontiguousarray(array, float).tobytes() for array in (states, inputs))
