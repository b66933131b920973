"""The committed record of a dataset that others can build again, and the comparison with it."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ctdspec.atomic import write_text
from ctdspec.errors import DatasetError
from ctdspec.spec.node import Node
from ctdspec.store.finding import Finding
from ctdspec.store.manifest import Manifest
from ctdspec.store.summary import ArraySummary

STANDARD_ERRORS = 3.0
"""A sample may be this many standard errors of its trials' mean away from the lock's."""
CONSTANT_TOLERANCE = 1e-3
"""A constant (weights) may be this share of its standard deviation away from the lock's."""


class Lock(Node):
    """What lock.yaml holds: the part of a manifest that should hold wherever the spec is built."""

    name: str
    """Name of the benchmark."""
    spec: str
    """Digest of the spec."""
    dataset: str
    """Digest of the dataset."""
    arrays: dict[str, ArraySummary]
    """The arrays of the truth."""
    versions: dict[str, str]
    """Versions that made it."""
    platform: dict[str, str]
    """Kind of machine that made it."""


def lock_from_manifest(manifest: Manifest) -> Lock:
    """Give the lock of a dataset that was built."""
    kept = {name: getattr(manifest, name) for name in Lock.model_fields}
    return Lock(**kept)


def read_lock(path: Path) -> Lock:
    """Read a lock.

    Raises
    ------
    DatasetError
        If it is missing or is not one.
    """
    from ruamel.yaml import YAML, YAMLError

    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return Lock.model_validate_json(json.dumps(document))
    except (OSError, YAMLError, TypeError, ValidationError) as error:
        raise DatasetError(
            f"{path}: expected the lock of a dataset ({error}); restore the committed file"
        ) from error


def write_lock(path: Path, lock: Lock) -> None:
    """Write a lock atomically, as YAML."""
    from ruamel.yaml import YAML

    yaml, text = YAML(typ="safe"), io.StringIO()
    yaml.default_flow_style = False
    yaml.dump(lock.model_dump(), text)
    write_text(path, text.getvalue())


Verdict = Literal["identical", "equivalent", "different"]


def compare(manifest: Manifest, lock: Lock) -> tuple[Verdict, str]:
    """Say whether a dataset is the locked one, and why.

    ``identical``: every digest is the same. ``equivalent``: another platform or other versions made it, and
    the same spec gave arrays of the same shapes whose means and standard deviations are as near as sampling
    allows: within `STANDARD_ERRORS` × sd / √trials for samples (conservative, as the bins of a trial are
    taken as one), within `CONSTANT_TOLERANCE` × sd for constants. ``different``: anything else.
    """
    if manifest.spec != lock.spec:
        return "different", f"its spec has digest {manifest.spec[:12]}, the lock's {lock.spec[:12]}"
    if manifest.arrays.keys() != lock.arrays.keys():
        names = ", ".join(sorted(manifest.arrays.keys() ^ lock.arrays.keys()))
        return "different", f"only one of dataset and lock has {names}"
    changed = [name for name in lock.arrays if manifest.arrays[name].digest != lock.arrays[name].digest]
    if not changed and manifest.dataset == lock.dataset:
        return "identical", "every digest is the lock's"
    if far := [name for name in changed if not _near(manifest.arrays[name], lock.arrays[name])]:
        return "different", f"{', '.join(far)} differ by more than sampling explains"
    made_alike = manifest.versions == lock.versions and manifest.platform == lock.platform
    what = ", ".join(changed) or "the dataset's digest"
    if made_alike:
        return "different", f"{what} differ, though platform and versions are the lock's"
    return "equivalent", f"{what} differ within sampling error; made with {_unlike(manifest, lock)}"


def lock_finding(manifest: Manifest, lock: Lock) -> Finding:
    """Give the comparison as a finding."""
    verdict, why = compare(manifest, lock)
    levels: dict[Verdict, Literal["info", "warning", "error"]] = {
        "identical": "info",
        "equivalent": "warning",
        "different": "error",
    }
    return Finding(levels[verdict], "lock.yaml", f"the dataset is {verdict} to the lock: {why}")


def _near(found: ArraySummary, locked: ArraySummary) -> bool:
    if (found.shape, found.dtype) != (locked.shape, locked.dtype):
        return False
    if found.mean is None or found.sd is None or locked.mean is None or locked.sd is None:
        return found.mean == locked.mean
    if not locked.trials and not locked.dtype.startswith("float"):
        return False
    share = STANDARD_ERRORS / math.sqrt(locked.shape[0]) if locked.trials else CONSTANT_TOLERANCE
    allowed = share * locked.sd
    return abs(found.mean - locked.mean) <= allowed and abs(found.sd - locked.sd) <= allowed


def _unlike(manifest: Manifest, lock: Lock) -> str:
    """Say what differs between two machines."""
    mine, theirs = {**manifest.versions, **manifest.platform}, {**lock.versions, **lock.platform}
    return ", ".join(
        f"{name} {mine.get(name)} instead of {theirs.get(name)}"
        for name in sorted(mine.keys() | theirs.keys())
        if mine.get(name) != theirs.get(name)
    )
