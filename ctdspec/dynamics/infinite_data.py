"""What a spec asks of models that are fitted to a part of a linear network in infinite data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ctdspec.spec.node import Node
from ctdspec.spec.placed import at


class SeenUnits(Node):
    """Parts of a linear rate network that someone sees, and fits a model to in infinite data."""

    seen: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(min_length=1, max_length=100)
    """How many units are seen; there is one model for each number."""
    selection: Literal["first", "contiguous", "random"]
    """Which: the first ones, neighbours from a random place on, or any. The recording has a selection of its
    own."""

    @model_validator(mode="after")
    def _ensure_numbers_differ(self) -> SeenUnits:
        if len(set(self.seen)) < len(self.seen):
            with at("seen"):
                raise ValueError("a number is listed twice")
        return self

    def ensure_fits(self, linear_units: int | None) -> None:
        """Raise ValueError if the system is no linear rate network, or has fewer units than are seen."""
        if linear_units is None:
            raise ValueError(
                "infinite data follow from an equation for linear rate networks only: take system"
                " rate_network with phi: identity, or leave it out"
            )
        if max(self.seen) > linear_units:
            with at("seen", self.seen.index(max(self.seen))):
                raise ValueError(f"{max(self.seen)} units are to be seen, but the system has {linear_units}")


class StudentAnalysis(SeenUnits):
    """The networks of the seen units, with the true units' own dynamics, that infinite data lead to.

    They are what data model `map_ridge` finds without a ridge (Qian et al. 2024).
    """

    looks: Literal["continuous", "bins"]
    """`continuous`: looks at the units follow each other ever closer, as in the paper. `bins`: there is one
    per bin of the task."""
    noise_share: float = Field(ge=0, le=1000)
    """Variance of the independent noise of each look, beside the mean variance of the seen units; 0 for none,
    as it must be for continuous looks."""

    @model_validator(mode="after")
    def _ensure_noise_is_finite(self) -> StudentAnalysis:
        if self.looks == "continuous" and self.noise_share > 0:
            with at("noise_share"):
                raise ValueError(
                    "independent noise of ever closer looks hides everything; take looks: bins, or 0"
                )
        return self

    @property
    def fact_names(self) -> tuple[str, ...]:
        """Those of every student."""
        return seen_facts("student", self.seen, (*MEMORY_FACTS, *STUDENT_FACTS))


class HiddenStatesAnalysis(SeenUnits):
    """The linear models with hidden states that infinite data lead to (Ho & Kalman 1966).

    They are what data model `covariance_subspace` finds; independent noise of the looks changes nothing.
    """

    latents: int = Field(ge=1, le=1000)
    """Dimension of the states."""
    lag_s: float = Field(gt=0)
    """Time between the covariances, in seconds."""
    blocks: int = Field(ge=1, le=100)
    """How many lags the past and the future have each."""

    @model_validator(mode="after")
    def _ensure_states_are_seen(self) -> HiddenStatesAnalysis:
        if self.latents > self.blocks * min(self.seen):
            with at("latents"):
                raise ValueError(
                    f"{self.latents} states cannot be told from {self.blocks} blocks of {min(self.seen)} seen"
                    " units; take fewer, or more blocks"
                )
        return self

    @property
    def fact_names(self) -> tuple[str, ...]:
        """Those of every model."""
        return seen_facts("hidden_states", self.seen, MEMORY_FACTS)


MEMORY_FACTS = (
    *("slowest_time_s", "slowness_octaves", "line_attractor_score", "attractor_dimension"),
    *("growing_modes", "lag_mismatch"),
)
"""As the metrics of these names, of the model's modes; `line_attractor_score` is not there where it is not
defined."""
STUDENT_FACTS = ("moment_mismatch", "weights_error")
"""How far the model's own stationary covariance is from the seen one (of continuous looks), and its weights
from the true ones among the seen units: relative, Frobenius."""


def seen_facts(model: str, seen: Sequence[int], facts: Sequence[str]) -> tuple[str, ...]:
    """Give names of facts about models of parts of a system: ``student.seen_10.slowest_time_s``."""
    return tuple(f"{model}.seen_{n}.{fact}" for n in seen for fact in facts)
