"""Where everything in a dataset's folder is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ctdspec.errors import DatasetError

Part = Literal["train", "test"]
"""One of the two NWB files: train and validation trials with every neuron; test trials with held-in ones."""


@dataclass(frozen=True)
class DatasetFolder:
    """The paths of one dataset. Names of NWB files are valid on DANDI."""

    path: Path

    @property
    def spec_yaml(self) -> Path:
        """The resolved spec."""
        return self.path / "spec.yaml"

    @property
    def manifest(self) -> Path:
        """Digests, versions and steps."""
        return self.path / "manifest.json"

    @property
    def truth(self) -> Path:
        """The ground truth, a Zarr folder."""
        return self.path / "truth.zarr"

    @property
    def analysis(self) -> Path:
        """What was computed of the true system, a Zarr folder."""
        return self.path / "analysis.zarr"

    @property
    def facts(self) -> Path:
        """The same in a few numbers, by name."""
        return self.path / "facts.json"

    @property
    def ceilings(self) -> Path:
        """What can be known of the states and the rates, a Zarr folder."""
        return self.path / "ceilings.zarr"

    @property
    def scores_csv(self) -> Path:
        """The scores, as a long table."""
        return self.path / "scores.csv"

    @property
    def scores_json(self) -> Path:
        """The scores, for programs."""
        return self.path / "scores.json"

    @property
    def resamples(self) -> Path:
        """What the intervals of the scores are of, (row of scores.json, resample)."""
        return self.path / "resamples.npy"

    @property
    def claims(self) -> Path:
        """What came of the spec's claims."""
        return self.path / "claims.json"

    @property
    def over_seeds(self) -> Path:
        """The scores of a sweep with the seeds taken together."""
        return self.path / "over_seeds.json"

    @property
    def search(self) -> Path:
        """What every draw of a search reached, and which is the best."""
        return self.path / "search.json"

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / "report" / "index.html"

    def submission(self, method: str) -> Path:
        """Give the path of a data model's answer."""
        return self.path / "methods" / method / "submission.h5"

    def failure(self, method: str) -> Path:
        """Give the path of what says why a data model has no answer."""
        return self.path / "methods" / method / "failure.json"

    def new_nwb(self, part: Part, benchmark: str, session: str, contents: str) -> Path:
        """Give the path that an NWB file is written to; `contents` are modalities as DANDI names them."""
        folder = f"sub-{benchmark.replace('_', '-')}"
        return self.path / folder / f"{folder}_ses-{session}_desc-{part}_{contents}.nwb"

    def nwb(self, part: Part, session: str = "*") -> Path:
        """Find an NWB file that was written, of a session if there are several.

        Raises
        ------
        DatasetError
            If there is not exactly one.
        """
        name = f"sub-*_ses-{session}_desc-{part}_*.nwb"
        found = sorted([*self.path.glob(name), *self.path.glob(f"sub-*/{name}")])
        if len(found) != 1:
            seen = ", ".join(str(path.relative_to(self.path)) for path in found) or "none"
            raise DatasetError(
                f"{self.path}: expected one NWB file sub-*/{name}, found {seen}; "
                + (
                    "name the session, and keep the files of one dataset in a folder"
                    if found
                    else "build the dataset first"
                )
            )
        return found[0]

    @property
    def nwb_train(self) -> Path:
        """The train and validation trials."""
        return self.nwb("train")

    @property
    def nwb_test(self) -> Path:
        """The test trials."""
        return self.nwb("test")
