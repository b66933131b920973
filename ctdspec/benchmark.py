"""The document that declares a benchmark."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from ctdspec.agreement import ensure_agreement
from ctdspec.claims.claim import Claim
from ctdspec.dynamics.analysis import Analysis
from ctdspec.errors import UsageError
from ctdspec.methods.method import Method
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.ceilings.declared import Ceilings
from ctdspec.metrics.references import REFERENCES
from ctdspec.observation.observation import Observation
from ctdspec.resources import shipped
from ctdspec.spec.component import OneOf
from ctdspec.spec.digest import digest
from ctdspec.spec.document import read_node, write_node
from ctdspec.spec.explain import unknown_name
from ctdspec.spec.kept import kept
from ctdspec.spec.node import Name, Node
from ctdspec.spec.placed import at
from ctdspec.spec.point import ALONE, Point, at_point
from ctdspec.spec.problem import did_you_mean, quoted
from ctdspec.spec.search import Search, ensure_search
from ctdspec.spec.sweep import Sweep, ensure_points, grid, n_points
from ctdspec.systems.system import System
from ctdspec.tasks.task import Task
from ctdspec.trials import TrialCounts


def _ensure_metric(name: str) -> str:
    if name not in METRICS:
        raise unknown_name("metric", name, METRICS)
    return name


MetricId = Annotated[str, AfterValidator(_ensure_metric), Field(json_schema_extra={"enum": [*METRICS]})]
"""The name of a metric."""


POINTS = "points"
"""Folder, in that of a benchmark with a sweep, in which its points are."""
SECRET_SEEDS = 2**48
"""Seeds of private datasets are at least as large."""
_NEVER_SWEPT = ("ctdspec", "kind", "name", "private", "claims", "sweep", "search", "point")
_JUDGED = frozenset({"data_models", "metrics", "analysis", "ceilings", "claims", "sweep", "search", "point"})
"""What has no influence on the data."""


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
    private: Literal[True] | None = None
    """Whether the seed is a secret of the organiser, so that no file for participants may hold it; left out
    if it is not. `--secret-seed` draws such a seed."""
    session: Name | None = None
    """The one of `observation.sessions` that is meant; left out for all of them."""
    task: Annotated[Task, OneOf("task")]
    """What is shown and what should be done."""
    system: Annotated[System, OneOf("system")]
    """Where the true dynamics come from."""
    observation: Observation
    """How a recording sees the system."""
    trials: TrialCounts
    """Trials per split."""
    analysis: Analysis | None = None
    """What is computed of the true system; left out if nothing is."""
    ceilings: Ceilings | None = None
    """Rows of the score table beside the oracle and chance; left out if there are none."""
    data_models: list[Annotated[Method, OneOf("data_model")]]
    """Methods that are fitted and scored."""
    metrics: list[MetricId] = Field(min_length=1)
    """Ids of the metrics that are scored."""
    claims: list[Claim] | None = None
    """What should be true of the results; left out if nothing is claimed."""
    sweep: Sweep | None = None
    """Paths and the values that they take in turn; every combination is a benchmark of its own."""
    search: Search | None = None
    """Paths whose values are drawn, of which the best are chosen; every draw is a benchmark of its own."""
    point: Name | None = None
    """The point of a sweep that this is; written by a run, left out by people."""

    @field_validator("private")
    @classmethod
    def _ensure_seed_is_secret(cls, private: bool | None, info: ValidationInfo) -> bool | None:
        if private and info.data.get("seed", SECRET_SEEDS) < SECRET_SEEDS:
            raise ValueError(
                "a small seed is found by trying; leave `private` out and build with --secret-seed FILE,"
                " which draws one"
            )
        return private

    @model_validator(mode="after")
    def _ensure_parts_agree(self) -> Benchmark:
        ensure_agreement(self)
        return self

    @model_validator(mode="after")
    def _ensure_points_are_fine(self) -> Benchmark:
        with at("search"):
            if self.search is not None:
                ensure_search(self, self.search, self.sweep or {}, _NEVER_SWEPT)
        with at("sweep" if self.sweep else "search"):
            if self.is_many:
                ensure_points(self, self.sweep or {}, _NEVER_SWEPT, lambda: self.points)
        return self

    @model_validator(mode="after")
    def _ensure_a_point_is_one_dataset(self) -> Benchmark:
        with at("session"):
            if self.point is not None and len(self.recordings) > 1:
                raise ValueError(
                    "a point of a sweep is one dataset, but observation.sessions declares several; name one,"
                    " or sweep over `session`"
                )
        return self

    @field_validator("data_models")
    @classmethod
    def _ensure_names_differ(cls, methods: list[Method]) -> list[Method]:
        _ensure_unique([method.name for method in methods], reserved=tuple(REFERENCES))
        return methods

    @field_validator("metrics")
    @classmethod
    def _ensure_metrics_differ(cls, metrics: list[str]) -> list[str]:
        _ensure_unique(metrics)
        return metrics

    @property
    def is_many(self) -> bool:
        """Whether it is a sweep, a search or both, whose points are benchmarks of their own."""
        return self.sweep is not None or self.search is not None

    @property
    def n_points(self) -> int:
        """The number of points that a whole run has."""
        return n_points(self.sweep or {}) * (self.search.draws if self.search else 1)

    @property
    def named_points(self) -> Iterator[Point]:
        """The points of the sweep, for each known draw of the search; none without either."""
        if self.search is not None:
            yield from self.search.points(self.seed, self.sweep or {})
        elif self.sweep is not None:
            yield from grid(self.sweep)

    @property
    def points(self) -> Sequence[Benchmark]:
        """The benchmark of each of `named_points`.

        Those of a sweep keep the claims that one dataset can bear out; those of a search claim nothing, for
        most of them are not chosen.
        """
        return _points(self)

    @property
    def recordings(self) -> list[Benchmark]:
        """The benchmark, once for each point of its sweep, or else for each session that is meant.

        Each is a dataset of its own.
        """
        if self.is_many:
            return [*self.points]
        sessions = self.observation.sessions
        if sessions is None or self.session is not None:
            return [self]
        return [self.model_copy(update={"session": name}) for name in sessions.names]

    @property
    def session_number(self) -> int:
        """Number of the session that is meant, from 0."""
        sessions = self.observation.sessions
        return sessions.names.index(self.session) if sessions and self.session else 0

    @property
    def folder(self) -> str:
        """Name of the folder of its data; that of a session lies in the one of the benchmark."""
        name = f"{self.name}/{POINTS}/{self.point}" if self.point else self.name
        return f"{name}/ses-{self.session}" if self.session else name


@kept
def _points(benchmark: Benchmark) -> Sequence[Benchmark]:
    """Make the points: once, where the spec is checked."""
    of_one = [claim for claim in benchmark.claims or () if claim.is_of_one_dataset]
    claims = None if benchmark.search else of_one or None
    return [
        at_point(benchmark, point, {**ALONE, "claims": claims, "point": point.label})
        for point in benchmark.named_points
    ]


def _ensure_unique(names: list[str], reserved: tuple[str, ...] = ()) -> None:
    seen: set[str] = set()
    for name in names:
        if name in reserved:
            raise ValueError(f"the name {name!r} is reserved: {', '.join(reserved)} are rows of the scores")
        if name in seen:
            raise ValueError(f"{name!r} is listed twice")
        seen.add(name)


def load(source: str | Path) -> Benchmark:
    """Read a benchmark's spec.

    Parameters
    ----------
    source
        Path of a YAML file, or the name of a shipped benchmark. Text counts as a path if it holds a
        separator, ends in .yaml or .yml, or names a file.

    Raises
    ------
    SpecError
        With everything that is wrong with the spec.
    UsageError
        If there is no such file or benchmark.
    """
    specs = shipped("specs").resolve()
    path = _path(source, specs)
    own = Path(os.path.abspath(path)).parent  # noqa: PTH100  links stay as the user wrote them
    return read_node(path, Benchmark, (specs,) if own.is_relative_to(specs) else (own, specs))


def shipped_names() -> list[str]:
    """Give the names of the shipped benchmarks."""
    return sorted(path.stem for path in (shipped("specs") / "benchmarks").glob("*.yaml"))


def resolved_yaml(benchmark: Benchmark) -> str:
    """Give the whole spec as one YAML document that uses no other file; it loads with the same digest."""
    return write_node(benchmark)


def recipe_yaml(benchmark: Benchmark) -> str:
    """Give the part of the spec that makes the data: all but who is judged, and by what.

    Of a private benchmark the seed is left out, so that nobody can make the data again from it.
    """
    return write_node(benchmark, leave_out=_JUDGED | {"seed"} if benchmark.private else _JUDGED)


def recipe_digest(benchmark: Benchmark) -> str:
    """Give the digest of what `recipe_yaml` says."""
    return digest(benchmark, leave_out=_JUDGED)


def names_a_spec(source: str) -> bool:
    """Say whether `load` takes a text for a path or a shipped name."""
    return _is_path(source) or source in shipped_names() or _exists(source)


def _is_path(text: str) -> bool:
    return "/" in text or os.sep in text or text.endswith((".yaml", ".yml"))


def _exists(text: str) -> bool:
    return "\0" not in text and os.path.lexists(text)


def _path(source: str | Path, specs: Path) -> Path:
    """Give the file that a user means."""
    text, names = str(source), shipped_names()
    if isinstance(source, Path) or _is_path(text):
        return Path(source)
    if text in names:
        return specs / "benchmarks" / f"{text}.yaml"
    if _exists(text):
        return Path(source)
    known = did_you_mean(text, names) or f"shipped are: {', '.join(names)}"
    raise UsageError(f"there is no file and no shipped benchmark {quoted(text)}; {known}")
