"""Which facts about the true system are computed, as a spec declares them."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ctdspec.dynamics.infinite_data import HiddenStatesAnalysis, StudentAnalysis
from ctdspec.spec.node import Node
from ctdspec.spec.placed import at


class FixedPointAnalysis(Node):
    """All fixed points of the noise-free step under one constant input, with a certificate."""

    inputs: Literal["zero"] | list[float]
    """The constant input, one number per input of the task, or `zero`."""
    visited_trials: int = Field(ge=1, le=10_000)
    """Train trials whose states the search starts from; all if there are fewer."""
    visited_starts: int = Field(ge=2, le=10_000)
    """Descents from visited states, and as many again, with noise, in every round."""
    segment_starts: int = Field(ge=0, le=100_000)
    """The most descents, in a round, from the segments between points found so far."""
    rounds: int = Field(ge=1, le=100)
    """The most rounds; the search ends if a round finds nothing and the certificate does not object."""
    slow: float = Field(gt=0, lt=1)
    """A minimum of the speed whose step is at most this share of the spread of the states is a slow point."""


class LyapunovAnalysis(Node):
    """All Lyapunov exponents of the noise-free step, for a system that runs by itself."""

    trials: int = Field(ge=2, le=10_000)
    """Trajectories, each of which starts where a train trial ends; no more than there are train trials."""
    duration_s: float = Field(gt=0, le=1e6)
    """Length of each trajectory that is counted, in seconds."""
    transient_s: float = Field(ge=0, le=1e6)
    """Length of what is run before it, so that directions turn to where they grow, in seconds."""


class RobustnessAnalysis(Node):
    """How the error of a trained network grows when its inputs, or its recurrent weights, are disturbed.

    The network runs without noise; errors are in percent of that of the best constant outputs (Sussillo et
    al. 2015).
    """

    trials: int = Field(ge=1, le=10_000)
    """Train trials whose inputs and targets are used; all if there are fewer."""
    draws: int = Field(ge=2, le=10_000)
    """How often each disturbance is drawn."""
    inputs: list[Annotated[float, Field(gt=0, le=100)]] = Field(min_length=1, max_length=100)
    """Strengths of what is added to the inputs: on each input of a trial a uniform number between -1 and 1,
    times the strength, times the norm of the inputs in the bin."""
    structure: list[Annotated[float, Field(gt=0, le=100)]] = Field(min_length=1, max_length=100)
    """Strengths of what is added to the recurrent weights: standard normal numbers, times the strength, times
    the mean absolute weight."""

    @model_validator(mode="after")
    def _ensure_strengths_differ(self) -> RobustnessAnalysis:
        for key in ("inputs", "structure"):
            if len(set(getattr(self, key))) < len(getattr(self, key)):
                with at(key):
                    raise ValueError("a strength is listed twice")
        return self

    @property
    def fact_names(self) -> tuple[str, ...]:
        """The undisturbed error; its mean and standard deviation over the draws at every strength."""
        at_strengths = [
            robustness_fact(what, strength)
            for what, strengths in (("inputs", self.inputs), ("structure", self.structure))
            for strength in strengths
        ]
        return (UNDISTURBED, *(name for mean in at_strengths for name in (mean, f"{mean}_sd")))


UNDISTURBED = "robustness.undisturbed_percent"
"""Name of the fact that says how large the error is without any disturbance."""


def robustness_fact(what: str, strength: float) -> str:
    """Give the name of the fact that says how large the error is: ``robustness.inputs_0.1_percent``."""
    return f"robustness.{what}_{strength:g}_percent"


class Analysis(Node):
    """What is computed of the true system when a dataset is built."""

    fixed_points: FixedPointAnalysis | None = None
    """Fixed points; left out if they are not looked for."""
    lyapunov: LyapunovAnalysis | None = None
    """Lyapunov exponents; left out if they are not computed."""
    robustness: RobustnessAnalysis | None = None
    """Errors under disturbance; left out if they are not computed."""
    student: StudentAnalysis | None = None
    """Networks of seen units in infinite data; left out if they are not computed."""
    hidden_states: HiddenStatesAnalysis | None = None
    """Models with hidden states in infinite data; left out if they are not computed."""

    @model_validator(mode="after")
    def _ensure_something(self) -> Analysis:
        names = ("fixed_points", "lyapunov", "robustness", "student", "hidden_states")
        if all(getattr(self, name) is None for name in names):
            raise ValueError(
                f"there is nothing to compute: declare one of {', '.join(names)}, or leave it out"
            )
        return self

    def ensure_fits(self, n_inputs: int, is_rewirable: bool, linear_units: int | None) -> None:
        """Raise ValueError, saying why, if a system cannot be analysed so.

        Parameters
        ----------
        n_inputs
            How many inputs it has.
        is_rewirable
            Whether it was trained and has a matrix of recurrent weights.
        linear_units
            Units of a linear rate network; None for any other system.
        """
        inputs = self.fixed_points.inputs if self.fixed_points else "zero"
        if inputs != "zero" and len(inputs) != n_inputs:
            raise ValueError(
                f"fixed_points.inputs has {len(inputs)} numbers, but the task has {n_inputs} inputs; "
                "give one for each, or zero"
            )
        if self.lyapunov is not None and n_inputs:
            raise ValueError(
                f"lyapunov is for systems that run by themselves, but the task has {n_inputs} inputs; "
                "leave it out"
            )
        if self.robustness is not None and not is_rewirable:
            with at("robustness"):
                raise ValueError(
                    "it is for trained networks whose units drive each other through one matrix of weights, "
                    "as in cells leaky_current, leaky_rate and vanilla; leave it out"
                )
        for key, wanted in (("student", self.student), ("hidden_states", self.hidden_states)):
            with at(key):
                if wanted is not None:
                    wanted.ensure_fits(linear_units)

    @property
    def fact_names(self) -> frozenset[str]:
        """Names of the facts that this can give, as they stand in facts.json."""
        names = FIXED_POINT_FACTS if self.fixed_points else ()
        errors = self.robustness.fact_names if self.robustness else ()
        exponents = LYAPUNOV_FACTS if self.lyapunov else ()
        parts = [part.fact_names for part in (self.student, self.hidden_states) if part is not None]
        return frozenset((*names, *exponents, *errors, *chain.from_iterable(parts)))


FIXED_POINT_FACTS = (
    "fixed_points.count",
    "fixed_points.stable",
    "fixed_points.saddles",
    "fixed_points.repellers",
    "fixed_points.slow",
    "fixed_points.index_sum",
    "fixed_points.complete",
    "fixed_points.closed",
    "fixed_points.slowest_stable_s",
)
"""Numbers of points by kind, of slow points; the sum of the signs of det(I - J); 1 if the certificate says
complete and 0 if it says incomplete (not there if it does not apply); 1 if the last round found no new point;
the longest time constant of the stable points in seconds (not there without any)."""

LYAPUNOV_FACTS = (
    "lyapunov.largest_hz",
    "lyapunov.largest_se_hz",
    "lyapunov.sum_hz",
    "lyapunov.positive",
    "lyapunov.kaplan_yorke_dimension",
)
"""The largest exponent and its standard error over trajectories, the sum of all; how many exceed zero by more
than three standard errors; the dimension of the attractor that they imply."""
