"""Drawing an observation: a few trajectories are recorded again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.engine.blocks import BLOCK_TRIALS
from ctdspec.engine.generate import Generator
from ctdspec.engine.variables import simulated_variables
from ctdspec.errors import UsageError
from ctdspec.pages.repeats import Repeats
from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.spec.document import validate
from ctdspec.spec.load import load
from ctdspec.spec.located import Located
from ctdspec.spec.problem import SpecError, did_you_mean
from ctdspec.spec.resolve import Library, resolve
from ctdspec.store.truth import truth_arrays, writing_truth
from ctdspec.track import Track, silent

N_CONDITIONS = 5
"""Different trajectories in the recording that is drawn; a block holds each equally often."""


def draw_observations(sources: Sequence[str | Path], to: Path, track: Track = silent) -> list[Path]:
    """Draw observations as ``<name>.png`` in a folder, and give the paths. Nothing is drawn if one is wrong.

    Parameters
    ----------
    sources
        Names of shipped observations, or paths of YAML files that each declare one.
    to
        The folder; it is made if there is none.
    track
        Told how far it is.

    Raises
    ------
    UsageError
        If there is no such observation, two of them have one name, or one cannot be realised.
    SpecError
        With everything that is wrong with one of them.
    """
    from ctdspec.pages.observation_picture import write_picture

    paths = [observation_path(source) for source in sources]
    names = [path.stem for path in paths]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two observations would both be drawn as {twice}.png; draw them one by one")
    pictures = [to / f"{name}.png" for name in names]
    work = list(zip(pictures, map(framed, paths), strict=True))
    for picture, benchmark in track(work, "drawing", len(work)):
        write_picture(picture, record_repeats(benchmark))
    return pictures


def shipped_observations() -> list[str]:
    """Give the names of the shipped observations."""
    return sorted(path.stem for path in (shipped("specs") / "observations").glob("*.yaml"))


def observation_path(source: str | Path) -> Path:
    """Give the file that a user means: text is a path if it holds a separator or ends in .yaml or .yml."""
    text, names = str(source), shipped_observations()
    if isinstance(source, Path) or "/" in text or text.endswith((".yaml", ".yml")):
        return Path(source)
    if text in names:
        return shipped("specs") / "observations" / f"{text}.yaml"
    hint = did_you_mean(text, names) or f"shipped are: {', '.join(names)}"
    raise UsageError(f"there is no shipped observation {text!r}, and it is no path; {hint}")


def framed(path: Path) -> Benchmark:
    """Give the benchmark that an observation is drawn from: ``specs/pictures/observation`` with it.

    Raises
    ------
    UsageError
        If the file cannot be read.
    SpecError
        With everything that is wrong, at its place in the observation's own file.
    """
    specs = shipped("specs")
    frame, _ = load(specs / "pictures/observation.yaml")
    seen, problems = load(path)
    assert isinstance(frame.value, dict), "the shipped frame is a mapping"
    document = replace(frame, value={**frame.value, "observation": _under_key(seen)})
    document, unresolved = resolve(document, Library((path.absolute().parent, specs)))
    benchmark, invalid = validate(document, Benchmark)
    if (found := [*problems, *unresolved, *invalid]) or benchmark is None:
        raise SpecError(found)
    return benchmark.recordings[0]


def record_repeats(benchmark: Benchmark) -> Repeats:
    """Run a benchmark's system from a few states only, and observe it.

    Raises
    ------
    UsageError
        If the observation cannot be realised.
    """
    dynamics = RepeatedTrials(benchmark.system.dynamics(benchmark.task, None), benchmark.seed)
    with TemporaryDirectory(prefix="ctdspec-") as folder:
        store = Path(folder) / "truth.zarr"
        with writing_truth(store, simulated_variables(benchmark, dynamics), BLOCK_TRIALS) as truth:
            Generator(benchmark, dynamics, truth, 4 * BLOCK_TRIALS, silent).run()
        arrays = {name: np.asarray(array[...]) for name, array in truth_arrays(store).items()}
    return Repeats(benchmark, arrays, N_CONDITIONS)


@dataclass(frozen=True)
class RepeatedTrials(Dynamics):
    """A system without noise whose trials start, in turn, from the same few states.

    Attributes
    ----------
    original
        The system.
    seed
        Of the draw of the states.
    """

    original: Dynamics
    seed: int

    @property
    def n_latents(self) -> int:
        """That of the system."""
        return self.original.n_latents

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """That of the system."""
        return self.original.noise_shape

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Give the states (trial, latent), over and over; nothing is drawn from `rng`."""
        states = self.original.initial_states(N_CONDITIONS, stream(self.seed, "picture/states"))
        return states[np.arange(n_trials) % N_CONDITIONS]

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Advance as the system does."""
        return self.original.step(states, inputs, noise)

    def readout(self, states: Array) -> Array:
        """Give the system's outputs."""
        return self.original.readout(states)

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the system's parameters."""
        return self.original.parameters()


def _under_key(document: Located) -> Located:
    """Let messages about the observation as a whole point to the start of its file."""
    return replace(document, key=document.place)
