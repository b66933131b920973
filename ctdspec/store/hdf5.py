"""Access to HDF5 datasets that are really there, in the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import h5py


def dataset_at(group: h5py.Group, path: str) -> h5py.Dataset:
    """Give the dataset at a path.

    Raises
    ------
    KeyError
        If there is nothing.
    TypeError
        If it is no dataset, or its values are in another file.
    """
    import h5py

    found = group[path]
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        raise TypeError(f"{path} is not a dataset with values of its own")
    if found.file.id != group.file.id:
        raise TypeError(f"{path} is a link into another file")
    return found


def array_at(group: h5py.Group, path: str) -> np.ndarray:
    """Give the values of the dataset at a path; text as str objects."""
    dataset = dataset_at(group, path)
    return np.asarray(dataset.asstr()[()] if dataset.dtype.hasobject else dataset[()])
