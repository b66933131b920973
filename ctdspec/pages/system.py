"""What was computed of the true system, as its pictures are drawn from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.analysis import Analysis
from ctdspec.pages.figures.eigenvalues import draw_eigenvalues
from ctdspec.pages.figures.exponents import draw_exponents
from ctdspec.pages.figures.fixed_points import draw_fixed_points
from ctdspec.pages.figures.robustness import draw_robustness
from ctdspec.pages.picture import Picture
from ctdspec.pages.scene import Scene
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth

_PROMISE = {
    "complete": "necessary for a bounded map, though points that are missing in pairs would not show",
    "incomplete": "so points are missing, or one of these is none",
    "not applicable": "so nothing says whether points are missing",
}


@dataclass(frozen=True)
class FixedPointsSeen:
    """Fixed points, as a page shows them.

    Attributes
    ----------
    points, slow_points : (point, latent) float64
    index : (point,) int
        Unstable directions of each.
    jacobian : (point, latent, latent) float64
        Of one bin's step.
    eigenvalues : (point, eigenvalue) complex128
    time_constants_s : (point, eigenvalue) float64
    verdict, reason : str
        Of the certificate.
    inputs : str
        The constant input.
    """

    points: np.ndarray
    slow_points: np.ndarray
    index: np.ndarray
    jacobian: np.ndarray
    eigenvalues: np.ndarray
    time_constants_s: np.ndarray
    verdict: str
    reason: str
    inputs: str

    @property
    def kinds(self) -> str:
        """How many there are of each kind, in words."""
        n_latents, n_stable = self.points.shape[1], int((self.index == 0).sum())
        n_repelling = int((self.index == n_latents).sum())
        n_saddles = len(self.index) - n_stable - n_repelling
        counts = ((n_stable, "stable"), (n_saddles, "saddle"), (n_repelling, "repelling"))
        return ", ".join(f"{n} {kind}" for n, kind in counts if n) or "none"

    @property
    def sentence(self) -> str:
        """What the certificate says."""
        return f"{self.verdict}: {self.reason}; {_PROMISE[self.verdict]}."


@dataclass(frozen=True)
class LyapunovSeen:
    """Lyapunov exponents and their standard errors (exponent,) in 1/s, and the dimension they imply."""

    exponents_hz: np.ndarray
    errors_hz: np.ndarray
    dimension: float


@dataclass(frozen=True)
class RobustnessSeen:
    """Errors in percent of that of constant outputs.

    Attributes
    ----------
    undisturbed : float
    input_strengths, structure_strengths : (strength,)
    inputs, structure : (strength, draw)
        With disturbed inputs, and with disturbed recurrent weights.
    """

    undisturbed: float
    input_strengths: np.ndarray
    inputs: np.ndarray
    structure_strengths: np.ndarray
    structure: np.ndarray

    @property
    def rows(self) -> list[tuple[str, float, float, float]]:
        """What is disturbed, how strongly; mean and standard deviation of the error over the draws."""
        return [
            (what, strength, errors.mean(), errors.std(ddof=1))
            for what, strengths, drawn in (
                ("inputs", self.input_strengths, self.inputs),
                ("recurrent weights", self.structure_strengths, self.structure),
            )
            for strength, errors in zip(strengths, drawn, strict=True)
        ]


@dataclass(frozen=True)
class ModelSeen:
    """What infinite data make of a part of the system.

    Attributes
    ----------
    kind : str
        What kind of model it is, in words.
    n_seen : int
        Units that are seen.
    slowest_s : float
        Its slowest time constant.
    dimension : int
        Of the attractor that it looks like.
    lag_mismatch : float
        Relative distance of its lagged covariance from the true one.
    """

    kind: str
    n_seen: int
    slowest_s: float
    dimension: int
    lag_mismatch: float


@dataclass(frozen=True)
class SystemSeen:
    """What a page says about the true system; None for what was not computed."""

    fixed_points: FixedPointsSeen | None
    lyapunov: LyapunovSeen | None
    robustness: RobustnessSeen | None
    models: Sequence[ModelSeen] = ()


def read_system(folder: DatasetFolder, benchmark: Benchmark) -> SystemSeen | None:
    """Read what was computed; None if the spec asks for nothing.

    Raises
    ------
    DatasetError
        If it is missing or damaged.
    """
    analysis = benchmark.analysis
    if analysis is None:
        return None
    points = analysis.fixed_points
    return SystemSeen(
        None if points is None else _read_fixed_points(folder, points.inputs),
        None if analysis.lyapunov is None else _read_lyapunov(folder),
        None if analysis.robustness is None else _read_robustness(folder),
        _read_models(folder, analysis),
    )


def _read_fixed_points(folder: DatasetFolder, inputs: str | list[float]) -> FixedPointsSeen:
    stored = open_truth(folder.analysis, "fixed_points")
    return FixedPointsSeen(
        **{
            name: stored[name].to_numpy()
            for name in ("points", "slow_points", "index", "jacobian", "time_constants_s")
        },
        eigenvalues=stored["eigenvalues_real"].to_numpy() + 1j * stored["eigenvalues_imag"].to_numpy(),
        verdict=stored.attrs["certificate"],
        reason=stored.attrs["reason"],
        inputs="zero input"
        if inputs == "zero"
        else f"the constant input ({', '.join(f'{value:g}' for value in inputs)})",
    )


def _read_lyapunov(folder: DatasetFolder) -> LyapunovSeen:
    stored = open_truth(folder.analysis, "lyapunov")
    exponents, errors = (stored[name].to_numpy() for name in ("exponents_hz", "standard_errors_hz"))
    return LyapunovSeen(exponents, errors, float(stored.attrs["kaplan_yorke_dimension"]))


def _read_robustness(folder: DatasetFolder) -> RobustnessSeen:
    stored = open_truth(folder.analysis, "robustness")
    names = ("input_strength", "inputs_percent", "structure_strength", "structure_percent")
    return RobustnessSeen(
        float(stored.attrs["undisturbed_percent"]), *(stored[name].to_numpy() for name in names)
    )


def _read_models(folder: DatasetFolder, analysis: Analysis) -> list[ModelSeen]:
    facts = json.loads(folder.facts.read_text(encoding="utf-8"))
    kinds = (
        ("student", "student", analysis.student),
        ("hidden states", "hidden_states", analysis.hidden_states),
    )
    names = ("slowest_time_s", "attractor_dimension", "lag_mismatch")
    return [
        ModelSeen(kind, n, *(facts.get(f"{prefix}.seen_{n}.{name}", np.nan) for name in names))
        for kind, prefix, wanted in kinds
        for n in (wanted.seen if wanted else ())
    ]


def system_pictures(seen: SystemSeen, scene: Scene) -> Iterator[Picture]:
    """Draw the fixed points among trajectories, their spectra, and Lyapunov exponents."""
    points = seen.fixed_points
    if points is not None and len(points.points) + len(points.slow_points):
        yield from _fixed_point_pictures(points, scene)
    if seen.lyapunov is not None:
        exponents = seen.lyapunov.exponents_hz
        yield Picture.of(
            draw_exponents(exponents, seen.lyapunov.errors_hz),
            title="Lyapunov exponents",
            alt=f"{len(exponents)} exponents, the largest {exponents[0]:.3g} and the least "
            f"{exponents[-1]:.3g} per second.",
            caption="How fast neighbouring states part (above zero) or meet, without noise; bars are two "
            "standard errors over trajectories.",
        )
    if seen.robustness is not None:
        yield _robustness_picture(seen.robustness)


def _robustness_picture(seen: RobustnessSeen) -> Picture:
    said = "; ".join(f"{what} by {strength:g}: {mean:.3g} %" for what, strength, mean, _ in seen.rows)
    return Picture.of(
        draw_robustness(
            seen.undisturbed, (seen.input_strengths, seen.inputs), (seen.structure_strengths, seen.structure)
        ),
        title="Robustness",
        alt=f"Error against the strength of disturbances. {said}.",
        caption="Error in percent of that of the best constant outputs (solid grey), without noise. Dots: "
        "draws of the disturbance. Black: their mean. Dotted: without disturbance.",
    )


def _fixed_point_pictures(points: FixedPointsSeen, scene: Scene) -> Iterator[Picture]:
    if scene.components.shape[2] >= 2:
        yield Picture.of(
            draw_fixed_points(
                scene.components,
                scene.axes.project(points.points),
                points.index,
                scene.axes.project(points.slow_points),
            ),
            title="Fixed points",
            alt=f"Trajectories in principal components, and {len(points.points)} fixed points: "
            f"{points.kinds}.",
            caption="By the number of their unstable directions. Grey: test trials, with inputs and noise.",
        )
    if len(points.points):
        largest = np.abs(points.eigenvalues).max()
        yield Picture.of(
            draw_eigenvalues(points.eigenvalues, points.time_constants_s, points.index),
            title="Eigenvalues at the fixed points",
            alt=f"Eigenvalues of one step at {len(points.points)} fixed points, the largest of modulus "
            f"{largest:.4g}, and their time constants.",
            caption="Of the Jacobian of one bin: inside the circle a direction decays, outside it grows. "
            "Right: how long that takes along the slowest directions of each point.",
        )
