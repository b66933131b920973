"""nemos fits a GLM to an opened file and finds rates that are nearer to the truth than a constant."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray

from ctdspec.store.layout import DatasetFolder

nap = pytest.importorskip("pynapple", reason="pynapple is in the dependency group clients")
nmo = pytest.importorskip("nemos", reason="nemos is in the dependency group clients")


# Power: over 20 trials the GLM explains about half of the variance of the rates, far from the bar of 0.1.
@pytest.mark.slow  # jax compiles
def test_a_glm_on_smoothed_spikes_predicts_held_out_rates(tiny_lorenz):
    truth = xarray.open_zarr(tiny_lorenz / "truth.zarr", consolidated=False).load()
    held_out, bin_s = truth["held_out"].values, truth.attrs["bin_s"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pynapple|numba|pynwb|hdmf|nemos|jax|optimistix|equinox")
        data = nap.load_file(str(DatasetFolder(tiny_lorenz).nwb_train))
        trials, units = data["trials"], data["units"]
        counts = units.count(bin_s, ep=nap.IntervalSet(0, trials.end[-1]))
        smooth = counts.smooth(0.05)
        seen, predicted = np.asarray(smooth)[:, ~held_out], np.asarray(counts)[:, held_out]
        in_train = np.repeat(np.asarray(trials.get_info("split")) == "train", truth.sizes["time"])
        model = nmo.glm.PopulationGLM(regularizer="Ridge", regularizer_strength=1e-3, solver_name="LBFGS")
        model.fit(seen[in_train], predicted[in_train].astype(float))
        rates_hz = np.asarray(model.predict(seen[~in_train])) / bin_s
    true_hz = truth["rates_hz"].values[truth["split"].values == 1][..., held_out].reshape(rates_hz.shape)
    unexplained = ((rates_hz - true_hz) ** 2).sum(axis=0) / ((true_hz - true_hz.mean(axis=0)) ** 2).sum(
        axis=0
    )
    assert 1 - unexplained.mean() > 0.1
