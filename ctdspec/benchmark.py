"""The document that declares a benchmark."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from ctdspec.methods.method import Method
from ctdspec.metrics.catalogue import METRICS
from ctdspec.observation.observation import Observation
from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Name, Node
from ctdspec.systems.system import System
from ctdspec.tasks.task import Task


class TrialCounts(Node):
    """How many trials each split has."""

    train: int = Field(ge=2, le=1_000_000)
    """Trials to fit on."""
    val: int = Field(ge=2, le=1_000_000)
    """Trials to choose hyper-parameters on."""
    test: int = Field(ge=2, le=1_000_000)
    """Trials to be scored on; their held-out neurons are hidden."""

    @property
    def total(self) -> int:
        """All trials."""
        return self.train + self.val + self.test


class Benchmark(Node):
    """A benchmark: a task, the system that solves it, how it is observed, and who is judged by what."""

    ctdspec: Literal[1]
    """Version of the spec language."""
    kind: Literal["benchmark"]
    name: Name
    """Name of the benchmark and of its folder."""
    title: str = Field(min_length=1, max_length=200)
    """One line that says what it is."""
    seed: int = Field(ge=0, lt=2**63)
    """Seed of every random stream."""
    task: Annotated[Task, OneOf("task")]
    """What is shown and what should be done."""
    system: Annotated[System, OneOf("system")]
    """Where the true dynamics come from."""
    observation: Observation
    """How a recording sees the system."""
    trials: TrialCounts
    """Trials per split."""
    data_models: list[Annotated[Method, OneOf("data_model")]]
    """Methods that are fitted and scored."""
    metrics: list[str] = Field(min_length=1)
    """Ids of the metrics that are scored."""

    @field_validator("metrics")
    @classmethod
    def _ensure_metrics_exist(cls, metrics: list[str]) -> list[str]:
        if unknown := [metric for metric in metrics if metric not in METRICS]:
            raise ValueError(f"unknown metric {unknown[0]!r}; the metrics are {', '.join(METRICS)}")
        if len(set(metrics)) < len(metrics):
            raise ValueError("a metric is listed twice")
        return metrics

    @model_validator(mode="after")
    def _ensure_system_serves_task(self) -> Benchmark:
        self.system.ensure_serves(self.task)
        return self

    @model_validator(mode="after")
    def _ensure_names_differ(self) -> Benchmark:
        names = [method.name for method in self.data_models]
        for name in names:
            if names.count(name) > 1 or name in ("oracle", "chance"):
                raise ValueError(f"data model name {name!r} is used twice or reserved (oracle, chance)")
        return self
