"""Small Zarr folders of named arrays, in groups: what is computed of a truth beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ctdspec.store.truth import Attribute, Variable, truth_digest, writing_truth

_CHUNK_TRIALS = 50


@dataclass(frozen=True)
class Group:
    """Arrays by name, each with the names of its axes, and what else there is to say."""

    arrays: Mapping[str, tuple[tuple[str, ...], np.ndarray]]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


def write_groups(path: Path, groups: Mapping[str, Group]) -> str:
    """Write groups as one Zarr folder, atomically, and give its digest; ``""`` is the folder itself.

    `ctdspec.store.truth.open_truth` reads them.
    """
    with writing_truth(path, [], chunk_trials=_CHUNK_TRIALS) as writer:
        for name, group in groups.items():
            for key, (dims, array) in group.arrays.items():
                variable = Variable.like(f"{name}/{key}" if name else key, dims, array)
                writer.add(variable, array)
            writer.set_attributes(group.attributes, name)
        summaries = writer.summaries()
    return truth_digest(path, {name: summary.digest for name, summary in summaries.items()})
