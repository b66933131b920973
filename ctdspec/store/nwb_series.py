"""Series of samples in an NWB file, one for each bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.store.layout import Part
from ctdspec.store.nwb_storage import Storage, unwritten
from ctdspec.store.session import Session

if TYPE_CHECKING:
    from pynwb import TimeSeries

_HOLDS = "A sample holds for the bin that starts at its time."
_UNRECORDED = "NaN where nothing was recorded."
_DESCRIPTIONS = {
    "stimulus": f"What was presented, without the noise that the network receives. {_HOLDS}",
    "outputs": f"What the network answered. {_HOLDS}",
    "rates": f"Rate of each neuron, with noise; columns are the ids of the neurons. {_UNRECORDED} {_HOLDS}",
    "fluorescence": f"Fluorescence of each neuron. {_UNRECORDED} {_HOLDS}",
}


def time_series(
    session: Session, part: Part, name: str, columns: tuple[str, ...], storage: Storage, unit: str = "a.u."
) -> TimeSeries:
    """Give a plain series; its comments name the columns as loaders of the field read them."""
    from pynwb import TimeSeries

    return TimeSeries(comments=_columns(columns), **samples(session, part, name, len(columns), storage, unit))


def measured_series(session: Session, part: Part, name: str, storage: Storage) -> TimeSeries:
    """Give the series of what was measured of the body."""
    from pynwb import TimeSeries

    what = session.measurements[name]
    arguments = samples(session, part, name, len(what.columns), storage, what.unit, what.description)
    return TimeSeries(comments=_columns(what.columns), **arguments)


def _columns(columns: tuple[str, ...]) -> str:
    return f"columns=[{','.join(columns)}]"


def samples(
    session: Session,
    part: Part,
    name: str,
    width: int,
    storage: Storage,
    unit: str = "a.u.",
    description: str | None = None,
) -> dict[str, Any]:
    """Give the arguments of any series of NWB with unwritten float32 samples (trial × time, width)."""
    return {
        "name": name,
        "description": f"{description} {_HOLDS}" if description else _DESCRIPTIONS[name],
        "data": unwritten((len(session.trials(part)) * session.n_bins, width), np.float32, storage),
        "unit": unit,
        "starting_time": 0.0,
        "rate": 1 / session.bin_s,
    }
