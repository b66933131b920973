"""The NWB pair as it is, for labs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import final

from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public


@final
class NwbPair(Format):
    """The two NWB files, with the recipe and the card of the dataset."""

    name = "nwb"
    takes_signals = True
    public_files = """\
sub-*/*_desc-train_*.nwb  train and validation trials (trials.split), all units; `heldout` marks those that
                          the other file lacks
sub-*/*_desc-test_*.nwb   test trials, held-in units only, with the same ids
recipe.yaml               the spec that made the data
card.yaml                 what the dataset is for, and what it is not for (where one was written)
pynwb, pynapple, NeuroConv, MatNWB and DANDI read NWB; `ctdspec.open(FOLDER)` gives counts per bin."""
    organiser_files = """\
truth.zarr                the ground truth; xarray.open_zarr(PATH, consolidated=False)"""

    def write(self, public: Public, folder: Path) -> None:
        """Copy the files under their own names."""
        for path in public.nwb.values():
            place = folder / path.parent.name / path.name
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, place)
        (folder / "recipe.yaml").write_text(public.recipe, encoding="utf-8")
        if public.card is not None:
            shutil.copyfile(public.card, folder / "card.yaml")

    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Copy the truth."""
        shutil.copytree(hidden.path, folder / "truth.zarr")
