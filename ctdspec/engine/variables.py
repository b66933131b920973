"""What the ground truth of a benchmark consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.observation.circuit import Observed
from ctdspec.store.truth import Variable
from ctdspec.submissions.answer import SPLITS

MEASURED = "body"
"""Group of the truth that holds what is measured of the body."""
_F4, _F8, _BOOL = (np.dtype(kind) for kind in (np.float32, np.float64, bool))
_COUNT, _INDEX = (np.dtype(kind) for kind in (np.uint16, np.int64))


def simulated_variables(benchmark: Benchmark, dynamics: Dynamics) -> list[Variable]:
    """Declare what running the system gives, trial by trial.

    A system without inputs or outputs has no variables of them.
    """
    sizes = _sizes(benchmark) | {"latent": dynamics.n_latents}
    names = {"input": list(benchmark.task.input_names), "output": list(benchmark.task.output_names)}

    def declare(name: str, dims: str, dtype: np.dtype, description: str) -> Variable:
        axes = tuple(dims.split())
        named = {f"{axis}_names": names[axis] for axis in axes if axis in names}
        shape = tuple(sizes[axis] for axis in axes)
        return Variable(name, axes, shape, dtype, "", description, named)

    declared = [
        declare("latents", "trial time latent", _F4, "state of the system after each bin"),
        declare("stimulus", "trial time input", _F4, "what the experimenter presents"),
        declare("inputs", "trial time input", _F4, "what the system receives: stimulus and noise"),
        declare("targets", "trial time output", _F4, "what the outputs should be; NaN: nothing"),
        declare("outputs", "trial time output", _F4, "what the system answered"),
        declare("scored", "trial time output", _BOOL, "where an output counts towards the accuracy"),
        declare("valid", "trial time", _BOOL, "bins that belong to the trial; the others are padding"),
    ]
    if benchmark.trials.forward_s is not None:
        description = "bins that the test recording leaves out: the end of its trials"
        declared.append(declare("forward", "trial time", _BOOL, description))
    if dynamics.is_discrete:
        declared.append(declare("state", "trial time", _INDEX, "number of the discrete state after each bin"))
    if benchmark.task.condition_names:
        about = {"names": list(benchmark.task.condition_names)}
        description = "index into the attribute `names`"
        shape = (sizes["trial"],)
        declared.append(Variable("condition", ("trial",), shape, _INDEX, "", description, about))
    declared += [
        Variable(f"phases/{name}", ("trial", "start_stop"), (sizes["trial"], 2), _INDEX, "bin", description)
        for name, description in benchmark.task.phases.items()
    ]
    for name, what in dynamics.measurements.items():
        column = f"{name}_column"
        shape = (sizes["trial"], sizes["time"], len(what.columns))
        about = {"column_names": list(what.columns)}
        dims = ("trial", "time", column)
        declared.append(Variable(f"{MEASURED}/{name}", dims, shape, _F4, what.unit, what.description, about))
    return [variable for variable in declared if 0 not in variable.shape]


def observed_variables(benchmark: Benchmark) -> list[Variable]:
    """Declare what observing the system gives, trial by trial.

    `spikes` are what is recorded. Where neurons fired otherwise (sorting errors, lost neurons, a law that
    records signals), `emitted_spikes` say how. A law with steps finer than the bin has `spike_steps`.
    """
    observation = benchmark.observation
    noise = observation.noise
    sizes = _sizes(benchmark)
    n_steps = noise.steps_per_bin(benchmark.task.bin_s)
    sizes["step"] = sizes["time"] * n_steps

    def declare(name: str, dims: str, dtype: np.dtype, units: str, description: str) -> Variable:
        axes = tuple(dims.split())
        return Variable(name, axes, tuple(sizes[axis] for axis in axes), dtype, units, description)

    declared = [declare("rates_hz", "trial time neuron", _F4, "Hz", "rates of the neurons")]
    if noise.records == "spikes":
        declared.append(
            declare("spikes", "trial time neuron", _COUNT, "count", "spikes per bin, as recorded")
        )
        if n_steps > 1:
            steps = declare(
                "spike_steps", "trial step neuron", _COUNT, "count", "the same per step of the law"
            )
            declared.append(steps)
    else:
        declared.append(
            declare("signals", "trial time neuron", _F4, "", "what is recorded in place of spikes")
        )
    if emits_otherwise(benchmark):
        description = "spikes per bin, as the neurons fired them"
        declared.append(declare("emitted_spikes", "trial time neuron", _COUNT, "count", description))
    declared += [
        declare(hidden.name, f"trial {hidden.dims}", _F4, hidden.units, hidden.description)
        for hidden in noise.hidden
    ]
    return declared


def emits_otherwise(benchmark: Benchmark) -> bool:
    """Say whether what neurons fire is not what is recorded of their spikes."""
    observation = benchmark.observation
    errs = observation.sorting is not None or observation.dropout is not None
    return errs if observation.noise.records == "spikes" else observation.noise.emits


def constants(
    benchmark: Benchmark, dynamics: Dynamics, observed: Observed, held_out: np.ndarray, split: np.ndarray
) -> list[tuple[Variable, np.ndarray]]:
    """Give what does not come trial by trial."""

    def about(name: str, dims: str, array: np.ndarray, units: str, description: str) -> tuple:
        return Variable(name, tuple(dims.split()), array.shape, array.dtype, units, description), array

    def indices(name: str, dim: str, array: np.ndarray, names: Sequence[str]) -> tuple:
        description = "index into the attribute `names`"
        attributes = {"names": list(names)}
        return Variable.like(name, (dim,), array, description=description, attributes=attributes), array

    rates = "rates_hz = scale_hz × link(gain × (drive − drive_mean) / drive_sd)"
    time_s = np.arange(benchmark.task.n_bins) * benchmark.task.bin_s
    found = [
        indices("split", "trial", split, SPLITS),
        indices("population", "neuron", observed.population, observed.names),
        about("neuron_id", "neuron", observed.ids, "", "number of each neuron, the same in every session"),
        about("held_out", "neuron", held_out, "", "neurons that the test recording leaves out"),
        about("time_s", "time", time_s, "s", "start of each bin from the start of the trial"),
        about("drive_mean", "neuron", observed.per_neuron("drive_mean"), "", "mean drive in train bins"),
        about("drive_sd", "neuron", observed.per_neuron("drive_sd"), "", "its standard deviation"),
        about("gain", "neuron", observed.per_neuron("gain"), "", "gain of the drive that enters the link"),
        about("scale_hz", "neuron", observed.per_neuron("scale_hz"), "Hz", rates),
    ]  # fmt: skip
    found += [
        (Variable.like(name, dims, array, description="how neurons mix the latents"), array)
        for name, dims, array in _embedding(observed)
    ]
    found += [_unnamed(f"system/{name}", values) for name, values in dynamics.parameters().items()]
    return found


def prepared_constants(
    prepared: Mapping[str, np.ndarray], n_neurons: int
) -> list[tuple[Variable, np.ndarray]]:
    """Give what the law of the noise drew for the neurons."""
    found = []
    for name, array in prepared.items():
        axes = [f"{name}_{axis}" for axis in range(array.ndim)]
        if array.ndim in (1, 2) and array.shape[0] == n_neurons:
            axes[0] = "neuron"
        if array.shape[-2:] == (n_neurons, n_neurons):
            axes[-2:] = "neuron", "source_neuron"
        found.append((Variable.like(f"noise/{name}", tuple(axes), array), array))
    return found


def _embedding(observed: Observed) -> list[tuple[str, tuple[str, ...], np.ndarray]]:
    """Give the weights of each population; those of several populations are told apart by their names."""
    several = len(observed.models) > 1
    return [
        (f"{name}/{weight}", tuple(f"{name}_{axis}" if axis != "latent" else axis for axis in dims), array)
        if several
        else (weight, dims, array)
        for name, model in zip(observed.names, observed.models, strict=True)
        for weight, array in model.weights.items()
        for dims in [model.population.embedding.axes[weight]]
    ]


def _unnamed(name: str, array: np.ndarray) -> tuple[Variable, np.ndarray]:
    return Variable.like(name, tuple(f"{name}_{axis}" for axis in range(array.ndim)), array), array


def _sizes(benchmark: Benchmark) -> dict[str, int]:
    return {
        "trial": benchmark.trials.total,
        "time": benchmark.task.n_bins,
        "neuron": benchmark.observation.n_observed,
        "input": len(benchmark.task.input_names),
        "output": len(benchmark.task.output_names),
    }
