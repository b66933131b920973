"""What the true rates are worth on average over spikes, as it was computed."""

from __future__ import annotations

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.metrics.ceilings.oracle import OracleBits
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import truth_arrays

_GROUP = "oracle/test/held_out"


def read_oracle_bits(folder: DatasetFolder, benchmark: Benchmark) -> OracleBits | None:
    """Read the bits per spike of held-out neurons in test trials; None if they were not computed.

    Raises
    ------
    DatasetError
        If the spec asks for ceilings and they are missing.
    """
    stored = truth_arrays(folder.ceilings) if benchmark.ceilings else {}
    if f"{_GROUP}/expected" not in stored:
        return None
    return OracleBits(*(float(np.asarray(stored[f"{_GROUP}/{what}"])) for what in ("expected", "sd")))
