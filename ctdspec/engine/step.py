"""A step: one thing to be done in a dataset's folder, and all that its result depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctdspec.spec.component import Component
from ctdspec.spec.digest import digest
from ctdspec.spec.kept import kept
from ctdspec.spec.node import Node
from ctdspec.store.digest import combined_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.track import Track

StepId = tuple[str, str]
"""The dataset's folder, relative to that of all datasets, and the name of the step."""


@dataclass(frozen=True)
class Made:
    """What a step made."""

    files: Mapping[Path, str | None]
    """Its files, with their content digests where the step knows them already."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the manifest that it settles."""
    failure: str = ""
    """Why there is no result, of a step that others can go on without; the files then say so, too."""


@dataclass(frozen=True)
class Site:
    """Where a step is done, and what has no influence on what it makes."""

    out: Path
    """The folder that the folders of datasets are in."""
    dataset: str
    """Name of the dataset's folder."""
    chunk_trials: int
    """Trials in memory at a time."""
    track: Track
    profiles: Path | None = None
    """Where a profile of every step goes; None for none."""

    @property
    def folder(self) -> DatasetFolder:
        """The dataset's folder."""
        return DatasetFolder(self.out / self.dataset)


@dataclass(frozen=True)
class Cost:
    """A rough estimate of what a step needs, on one core."""

    seconds: float = 0.1
    memory_bytes: float = 2e8
    disk_bytes: float = 0.0
    gpu: bool = False
    """Whether it uses an accelerator where there is one."""


@dataclass(frozen=True)
class Step:
    """One step of a plan.

    Attributes
    ----------
    dataset
        The dataset's folder, relative to that of all datasets.
    name
        Its name in the manifest.
    key
        Digest of all that the result depends on: steps of equal names and keys make equal files.
    needs
        Steps whose files it reads. It goes on without those that fail.
    make
        Does it. Puts every file in place atomically.
    cost
        What it will need.
    optional
        Whether it is not done now: if it was done before and still holds, it counts, and else not.
    """

    dataset: str
    name: str
    key: str
    needs: tuple[StepId, ...]
    make: Callable[[Site], Made]
    cost: Cost = Cost()
    optional: bool = False

    @property
    def id(self) -> StepId:
        """What it is called in a plan."""
        return self.dataset, self.name


def key_without(step: Step, failed: Mapping[StepId, str], left_out: Set[StepId]) -> str:
    """Give the key of what a step makes: that of the plan, unless something that it needs is lacking."""
    lacking = {f"{need[1]} failed": failed[need] for need in step.needs if need in failed}
    lacking |= {f"{need[1]} left out": "" for need in step.needs if need in left_out}
    return combined_digest({"key": step.key, **lacking}) if lacking else step.key


def new_step(
    at: StepId,
    version: int,
    depends_on: Mapping[str, str],
    needs: Sequence[Step],
    make: Callable[[Site], Made],
    cost: Cost = Cost(),
    after: Sequence[Step] = (),
    optional: bool = False,
) -> Step:
    """Give a step.

    Parameters
    ----------
    at
        Dataset and name.
    version
        Of its code: grows when the same step would make something else.
    depends_on
        Digests, or short texts, of the parts of the spec that it depends on, beside what `needs` do.
    needs
        Steps whose files it reads.
    make, cost, optional
        As in `Step`.
    after
        Steps that must be done before, though the result does not depend on what they make.
    """
    dataset, name = at
    upstream = {f"after {step.name}": step.key for step in needs}
    key = combined_digest({"step": name, "version": str(version), **depends_on, **upstream})
    return Step(dataset, name, key, tuple(step.id for step in (*needs, *after)), make, cost, optional)


def code_digest(*nodes: Node | Sequence[Node] | None) -> str:
    """Give a digest of parts of a spec and of the versions of the components in them."""
    parts = [node for some in nodes for node in (some if isinstance(some, Sequence) else [some])]
    known = {str(number): _said_and_code(node) for number, node in enumerate(parts) if node is not None}
    code = {f"code {number}": text for number, (_, text) in known.items()}
    return combined_digest({number: said for number, (said, _) in known.items()} | code)


@kept
def _said_and_code(node: Node) -> tuple[str, str]:
    return digest(node), " ".join(versions(node))


@kept
def versions(node: Node) -> Sequence[str]:
    """Name every component in a part of a spec, with the version of its code where that is not the first."""
    found: list[str] = []
    if isinstance(node, Component) and node.version > 1:
        found.append(f"{node.family} {node.kind} {node.version}")
    for _, value in node:
        for child in value if isinstance(value, list | tuple) else [value]:
            if isinstance(child, Node):
                found += versions(child)
    return found
