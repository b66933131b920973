"""A method of one's own: smoothed spikes, and a linear map from them to the rates of all neurons."""

import json
import sys
from pathlib import Path

import h5py
import numpy as np

data, submission = Path(sys.argv[1]), Path(sys.argv[2])
with np.load(data / "data.npz") as file:
    spikes = {split: file[f"{split}_spikes"].astype(float) for split in ("train", "val", "test")}
    held_in, bin_s = ~file["held_out"], float(file["bin_s"])

bell = np.exp(-0.5 * (np.arange(-10, 11) * bin_s / 0.05) ** 2)
seen = {split: spikes[split] if split == "test" else spikes[split][..., held_in] for split in spikes}
states = {split: np.apply_along_axis(np.convolve, 1, seen[split], bell, "same") for split in spikes}
features = {split: np.insert(states[split], 0, 1, axis=2) for split in spikes}
rows = [np.concatenate(array) for array in (features["train"], spikes["train"])]
weights = np.linalg.lstsq(*rows, rcond=None)[0]

with h5py.File(submission, "w") as file:
    dataset = json.loads((data / "bundle.json").read_text())["dataset"]
    file.attrs.update(format="ctdspec-submission", version=1, method="own_method", dataset=dataset)
    file.attrs.update(track="S", given_inputs=False, parameters=json.dumps({"width_s": 0.05}))
    for split in spikes:
        file[f"{split}/rates_hz"] = np.maximum(features[split] @ weights, 1e-3).astype("f4") / bin_s
        file[f"{split}/states"] = states[split].astype("f4")
