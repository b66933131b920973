"""What is recorded instead of spikes, where NWB puts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.observation.noise import SignalKind
from ctdspec.store.layout import Part
from ctdspec.store.neuron_table import neuron_table
from ctdspec.store.nwb_series import samples, time_series
from ctdspec.store.nwb_storage import Storage
from ctdspec.store.session import Session

if TYPE_CHECKING:
    from pynwb import NWBFile
    from pynwb.ophys import ImagingPlane

SIGNALS: dict[SignalKind, str] = {
    "fluorescence": "processing/ophys/Fluorescence/fluorescence/data",
    "rates": "processing/ecephys/rates/data",
}
"""Where the samples are, by what was recorded."""

SIMULATED = "SIMULATED data: no animal was recorded."


def add_signals(file: NWBFile, session: Session, part: Part, storage: Storage) -> None:
    """Add the table of neurons and the series of their signals, with its samples unwritten."""
    if session.signal_kind == "fluorescence":
        _add_fluorescence(file, session, part, storage)
    else:
        _add_rates(file, session, part, storage)


def _add_fluorescence(file: Any, session: Session, part: Part, storage: Storage) -> None:
    """Add the fluorescence of regions of interest, as ophys has it."""
    from pynwb.ophys import Fluorescence, ImageSegmentation, PlaneSegmentation, RoiResponseSeries

    table = PlaneSegmentation(
        name="PlaneSegmentation",
        imaging_plane=_imaging_plane(file, session),
        **neuron_table(session, part, _pixels(session, part)),
    )
    module = file.create_processing_module("ophys", "Fluorescence of the simulated neurons.")
    module.add(ImageSegmentation(name="ImageSegmentation", plane_segmentations=[table]))
    fluorescence: Any = Fluorescence(name="Fluorescence")
    module.add(fluorescence)
    n_neurons = len(session.neurons(part))
    series = RoiResponseSeries(
        rois=table.create_roi_table_region(description="Every neuron.", region=list(range(n_neurons))),
        **samples(session, part, "fluorescence", n_neurons, storage),
    )
    fluorescence.add_roi_response_series(series)


def _imaging_plane(file: Any, session: Session) -> ImagingPlane:
    from pynwb.ophys import OpticalChannel

    device = file.create_device(name="microscope", description=f"None. {SIMULATED}")
    channel = OpticalChannel(name="channel", description=f"None. {SIMULATED}", emission_lambda=520.0)
    return file.create_imaging_plane(
        name="plane",
        optical_channel=channel,
        description=f"A plane that shows every neuron as one pixel. {SIMULATED}",
        device=device,
        excitation_lambda=488.0,
        imaging_rate=1 / session.bin_s,
        indicator="simulated calcium indicator",
        location="simulated circuit",
    )


def _pixels(session: Session, part: Part) -> list[Any]:
    """Give the mask of each neuron, as the table must have one: a pixel of its own."""
    from hdmf.common import VectorData, VectorIndex

    ids = session.ids[session.neurons(part)]
    pixels = np.zeros(len(ids), [("x", "<u4"), ("y", "<u4"), ("weight", "<f4")])
    pixels["x"], pixels["weight"] = ids, 1.0
    mask = VectorData(name="pixel_mask", description="Pixel (id, 0) of a made-up plane.", data=pixels)
    ends = np.arange(1, len(ids) + 1, dtype=np.uint64)
    return [VectorIndex(name="pixel_mask_index", target=mask, data=ends), mask]


def _add_rates(file: Any, session: Session, part: Part, storage: Storage) -> None:
    """Add noisy rates, as a plain series beside a table of the neurons: NWB has no type for them.

    A units table without spikes is an error to its readers, and an ElectricalSeries is in volts.
    """
    from hdmf.common import DynamicTable

    module = file.create_processing_module("ecephys", "Noisy rates of the simulated neurons.")
    module.add(DynamicTable(name="neurons", **neuron_table(session, part, [])))
    names = tuple(str(i) for i in session.ids[session.neurons(part)])
    module.add(time_series(session, part, "rates", names, storage, unit="Hz"))
