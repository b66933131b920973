"""Dynamics on their way: two ONNX models, of how an answer's states move and of the rates they stand for.

The convention of time is that of `ctdspec.dynamics.dynamics.Dynamics`: the state of bin t is the step from
the state of bin t - 1 under the input of bin t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from ctdspec.dynamics.dynamics import Array, Dynamics

InputKind = Literal["none", "stimulus", "inferred"]
"""Which inputs a step takes: none, the stimulus that the method was given, or those that it inferred."""
INPUT_KINDS: tuple[InputKind, ...] = get_args(InputKind)
STEP, READOUT = "step", "readout"
MAX_MODEL_BYTES = 32 << 20
"""Most bytes of one model: a network of some thousand units."""


def input_kind(text: object) -> InputKind | None:
    """Give the kind of inputs that a text names; None if it names none."""
    return next((kind for kind in INPUT_KINDS if kind == text), None)


StepFunction = Callable[[Array, Array], Array]
"""Next states (row, latent) of states (row, latent) and inputs (row, input), by array API functions."""
ReadoutFunction = Callable[[Array], Array]
"""Rates in Hz (row, neuron) of states (row, latent), by array API functions."""


@dataclass(frozen=True)
class AnsweredDynamics:
    """The dynamics that an answer brings, as they travel: data, not code.

    Attributes
    ----------
    step : bytes
        ONNX model from states (row, latent), and inputs (row, input) if it takes any, to the next states.
    readout : bytes
        ONNX model from states (row, latent) to rates in Hz (row, neuron), all neurons in the order of ids.
    inputs : "none", "stimulus" or "inferred"
        What the inputs of the step are. Those inferred are the answer's own ``inputs``.
    """

    step: bytes = field(repr=False)
    readout: bytes = field(repr=False)
    inputs: InputKind


def encode(
    step: StepFunction,
    readout: ReadoutFunction,
    n_latents: int,
    n_inputs: int,
    inputs: InputKind,
) -> AnsweredDynamics:
    """Write a step and a readout down as ONNX models.

    Both are called once, with arrays that record what is done with them: use array API functions
    (``array_namespace(states).tanh``), operators, slices, and weights as NumPy arrays; no branches on values.
    Written are double precision models, equal to the functions to rounding.

    Parameters
    ----------
    step, readout
        `Cell.step` with its weights, or anything else of the form.
    n_latents, n_inputs : int
        Widths of states and inputs. With ``inputs="none"`` the step is traced with inputs of width 0, which
        the model does not take.
    inputs
        What the step takes.

    Raises
    ------
    TypeError, AttributeError
        If a function does what cannot be written down.
    """
    from ctdspec.submissions.traced import traced_model

    widths = {"states": n_latents}
    if inputs == "none":
        moved = traced_model(lambda states: step(states, states[:, :0]), widths, "next_states")
    else:
        moved = traced_model(step, widths | {"inputs": n_inputs}, "next_states")
    return AnsweredDynamics(moved, traced_model(readout, widths, "rates_hz"), inputs)


def export_dynamics(dynamics: Dynamics, n_inputs: int) -> bytes:
    """Give the ONNX model of the noise-free step of dynamics with `n_inputs` inputs, 0 for none.

    Raises
    ------
    TypeError, AttributeError
        As `encode`.
    """
    inputs: InputKind = "stimulus" if n_inputs else "none"
    return encode(dynamics.step, lambda states: states, dynamics.n_latents, n_inputs, inputs).step
