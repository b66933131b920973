"""The formats there are."""

from __future__ import annotations

from ctdspec.bundles.format import Format
from ctdspec.bundles.lfads import Lfads
from ctdspec.bundles.nlb import Nlb
from ctdspec.bundles.npz import Npz
from ctdspec.bundles.nwb_pair import NwbPair
from ctdspec.bundles.submission_template import SubmissionTemplate
from ctdspec.bundles.torch_brain import TorchBrain
from ctdspec.bundles.zarr_groups import ZarrGroups
from ctdspec.errors import UsageError
from ctdspec.spec.problem import did_you_mean

_ALL = (NwbPair(), Nlb(), Lfads(), Npz(), ZarrGroups(), TorchBrain(), SubmissionTemplate())
FORMATS: dict[str, Format] = {some.name: some for some in _ALL}
"""Every format by its name."""


def format_named(name: str) -> Format:
    """Give a format by its name.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    if name not in FORMATS:
        hint = did_you_mean(name, FORMATS) or "see docs/exports.md"
        raise UsageError(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}; {hint}")
    return FORMATS[name]
