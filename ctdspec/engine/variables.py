"""What the ground truth of a benchmark consists of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.store.truth import Variable
from ctdspec.submissions.answer import SPLITS

_F4, _F8, _BOOL = np.dtype(np.float32), np.dtype(np.float64), np.dtype(bool)


def variables(
    benchmark: Benchmark, dynamics: Dynamics, embedding: Mapping[str, np.ndarray]
) -> list[Variable]:
    """Declare every variable of truth.zarr. A system without inputs or outputs has no variables of them."""
    sizes = {
        "trial": benchmark.trials.total,
        "time": benchmark.task.n_bins,
        "latent": dynamics.n_latents,
        "neuron": benchmark.observation.neurons.total,
        "input": len(benchmark.task.input_names),
        "output": len(benchmark.task.output_names),
    }
    names = {"input": list(benchmark.task.input_names), "output": list(benchmark.task.output_names)}

    def declare(name: str, dims: str, dtype: np.dtype, units: str, description: str) -> Variable:
        axes = tuple(dims.split())
        named = {f"{axis}_names": names[axis] for axis in axes if axis in names}
        shape = tuple(sizes[axis] for axis in axes)
        return Variable(name, axes, shape, dtype, units, description, named)

    declared = [
        declare("latents", "trial time latent", _F4, "", "state of the system after each bin"),
        declare("rates_hz", "trial time neuron", _F4, "Hz", "rates that the spikes were drawn from"),
        declare("spikes", "trial time neuron", np.dtype(np.uint16), "count", "spikes per bin"),
        declare("stimulus", "trial time input", _F4, "", "what the experimenter presents"),
        declare("inputs", "trial time input", _F4, "", "what the system receives: stimulus and noise"),
        declare("targets", "trial time output", _F4, "", "what the outputs should be; NaN: nothing"),
        declare("outputs", "trial time output", _F4, "", "what the system answered"),
        declare("scored", "trial time output", _BOOL, "", "where an output counts towards the accuracy"),
        declare("valid", "trial time", _BOOL, "", "bins that belong to the trial; the others are padding"),
        Variable(
            "split", ("trial",), (sizes["trial"],), np.dtype(np.int8), "",
            "index into the attribute `names`", {"names": list(SPLITS)},
        ),
        declare("held_out", "neuron", _BOOL, "", "neurons that the test recording leaves out"),
        declare("time_s", "time", _F8, "s", "start of each bin from the start of the trial"),
        declare("drive_mean", "neuron", _F8, "", "mean of the drive over valid train bins"),
        declare("drive_sd", "neuron", _F8, "", "standard deviation of the drive over valid train bins"),
        declare("scale_hz", "neuron", _F8, "Hz", "rates_hz = scale_hz × link(gain × (drive − mean) / sd)"),
    ]  # fmt: skip
    embedded = [
        Variable.like(
            name, ("neuron", "latent")[: weights.ndim], weights, description="how neurons mix the latents"
        )
        for name, weights in embedding.items()
    ]
    parameters = [
        Variable.like(f"system/{name}", tuple(f"{name}_{axis}" for axis in range(values.ndim)), values)
        for name, values in dynamics.parameters().items()
    ]
    return [variable for variable in declared if 0 not in variable.shape] + embedded + parameters
