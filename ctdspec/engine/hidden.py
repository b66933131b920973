"""What answers are checked with and nobody else has: the held-out neurons of the test trials."""

from __future__ import annotations

import numpy as np

from ctdspec.checks.evidence import Hidden
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import ensure_complete, truth_arrays
from ctdspec.submissions.answer import SPLITS

_BY_TRIAL = ("spikes", "rates_hz", "valid", "forward", "observed")


def read_hidden(folder: DatasetFolder) -> Hidden | None:
    """Read it from the truth of a dataset; None if signals were recorded instead of spikes.

    Nothing else of the truth is read: of a large dataset that is most of the time.

    Raises
    ------
    DatasetError
        If the truth is missing or damaged.
    """
    ensure_complete(folder.truth)
    stored = truth_arrays(folder.truth)
    if "spikes" not in stored:
        return None
    (test,) = np.nonzero(np.asarray(stored["split"][:]) == SPLITS.index("test"))
    rows, inside = slice(int(test.min()), int(test.max()) + 1), test - test.min()
    arrays = {name: np.asarray(stored[name][rows])[inside] for name in _BY_TRIAL if name in stored}
    neurons = np.asarray(stored["held_out"][:])
    seen = (arrays["valid"] & ~arrays.get("forward", np.array(False)))[:, :, None]
    if "observed" in arrays:
        seen = seen & arrays["observed"][:, None, neurons]
    return Hidden(arrays["spikes"][..., neurons], arrays["rates_hz"][..., neurons], seen)
