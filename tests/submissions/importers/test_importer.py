"""Files as LFADS implementations and NLB entrants write them, made from the bundles that these would read."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

from ctdspec.engine.export import export
from ctdspec.engine.import_answer import import_file
from ctdspec.errors import SubmissionError, UsageError
from ctdspec.store.recording import open_recording
from ctdspec.submissions.file import read_answer

SPLITS = ("train", "val", "test")
PREFIX = {"train": "train", "val": "valid", "test": "test"}


def truth_of(dataset: Path, split: str) -> dict[str, np.ndarray]:
    truth = xarray.open_zarr(dataset / "truth.zarr", consolidated=False)
    trials = truth["split"].values == SPLITS.index(split)
    return {name: truth[name].values[trials] for name in ("rates_hz", "latents")}


@pytest.fixture(scope="module", params=["tiny_lorenz", "tiny_session"])
def dataset(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def lfads(dataset, tmp_path_factory) -> Path:
    """The bundle's file with what a perfect LFADS would add to its copy."""
    bundle = export(dataset, "lfads", tmp_path_factory.mktemp("lfads") / "bundle", "organiser")
    path = bundle.parent / "lfads_out.h5"
    shutil.copyfile(bundle / "lfads.h5", path)
    with h5py.File(bundle / "organiser/lfads_with_truth.h5") as told, h5py.File(path, "a") as file:
        file.attrs.clear()  # what the copies of other programs lack
        for split, prefix in PREFIX.items():
            file[f"{prefix}_output_params"] = told[f"{prefix}_truth"][...] / told["conversion_factor"][()]
            file[f"{prefix}_factors"] = truth_of(dataset, split)["latents"]
            file[f"{prefix}_gen_states"] = np.zeros((*truth_of(dataset, split)["latents"].shape[:2], 7), "f4")
            file[f"{prefix}_ic_mean"] = np.zeros((len(truth_of(dataset, split)["latents"]), 4), "f4")
    return path


@pytest.fixture(scope="module")
def nlb(dataset, tmp_path_factory) -> Path:
    """The bundle's template for the test phase, filled in with the true rates per bin."""
    bundle = export(dataset, "nlb", tmp_path_factory.mktemp("nlb") / "bundle")
    recording = open_recording(dataset)
    with h5py.File(bundle / "test/submission_template.h5", "a") as file:
        (group,) = file.values()
        rates = {split: truth_of(dataset, split)["rates_hz"] * recording.bin_s for split in SPLITS}
        for prefix, splits in (("train", ("train", "val")), ("eval", ("test",))):
            both = np.concatenate([rates[split] for split in splits])
            group[f"{prefix}_rates_heldin"][...] = both[..., ~recording.held_out]
            group[f"{prefix}_rates_heldout"][...] = both[..., recording.held_out]
    return bundle / "test/submission_template.h5"


def check(dataset: Path, to: Path, with_states: bool) -> None:
    answer = read_answer(to, open_recording(dataset).expected)
    assert set(answer.splits) == set(SPLITS)
    for split in SPLITS:
        truth = truth_of(dataset, split)
        np.testing.assert_allclose(answer.splits[split].rates_hz, truth["rates_hz"], rtol=1e-5)
        if with_states:
            np.testing.assert_array_equal(answer.splits[split].states, truth["latents"])
        else:
            assert answer.splits[split].states is None


@pytest.mark.parametrize("states", ["factors", "none"])
def test_a_perfect_lfads_gives_the_truth_back(dataset, lfads, states, tmp_path):
    import_file(lfads, "lfads", dataset, tmp_path / "s.h5", "lfads", states, given_inputs=True)
    check(dataset, tmp_path / "s.h5", states == "factors")
    answer = read_answer(tmp_path / "s.h5", open_recording(dataset).expected)
    assert (answer.method, answer.given_inputs) == ("lfads", True)
    assert answer.parameters == {"imported_from": "lfads", "states": states}


def test_a_perfect_entrant_of_nlb_gives_the_truth_back(dataset, nlb, tmp_path):
    import_file(nlb, "nlb", dataset, tmp_path / "s.h5", "entrant")
    check(dataset, tmp_path / "s.h5", with_states=False)


def test_it_asks_which_array_is_the_state(dataset, lfads, tmp_path):
    for states, told in ((None, "was not said"), ("factor", "there are no states 'factor'")):
        with pytest.raises(UsageError, match=rf"{told}; the file has factors, gen_states; name one"):
            import_file(lfads, "lfads", dataset, tmp_path / "s.h5", "lfads", states)
    assert not (tmp_path / "s.h5").exists()


def damaged(path: Path, to: Path, change) -> Path:
    shutil.copyfile(path, to)
    with h5py.File(to, "a") as file:
        change(file)
    return to


def other_spikes(file):
    file["train_encod_data"][0, 0, 0] += 1


def no_rates(file):
    del file["test_output_params"]


def log_rates(file):
    file["test_output_params"][...] = np.log(file["test_output_params"][...] + 1e-9)


def fewer_neurons(file):
    cut = file["test_output_params"][..., :-1]
    del file["test_output_params"]
    file["test_output_params"] = cut


def link(file):
    del file["test_output_params"]
    file["test_output_params"] = h5py.ExternalLink("elsewhere.h5", "/rates")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (other_spikes, "train_encod_data: found 1 counts that differ"),
        (no_rates, "test_output_params: found no such array"),
        (log_rates, "negative rates"),
        (fewer_neurons, "test_output_params: found shape"),
        (link, "test_output_params: found no such array"),
    ],
)
def test_what_does_not_fit_is_refused(dataset, lfads, change, told, tmp_path):
    path = damaged(lfads, tmp_path / "bad.h5", change)
    with pytest.raises(SubmissionError, match=told):
        import_file(path, "lfads", dataset, tmp_path / "s.h5", "lfads", "factors")
    assert not (tmp_path / "s.h5").exists()


def test_an_answer_to_the_validation_phase_is_refused_with_advice(dataset, nlb, tmp_path):
    practice = nlb.parents[1] / "val/submission_template.h5"
    with pytest.raises(SubmissionError, match="answer the test phase of the nlb bundle"):
        import_file(practice, "nlb", dataset, tmp_path / "s.h5", "entrant")


def test_a_template_that_was_not_filled_in_is_refused(tiny_lorenz, tmp_path):
    bundle = export(tiny_lorenz, "nlb", tmp_path / "bundle")
    with pytest.raises(SubmissionError, match="NaN"):
        import_file(bundle / "test/submission_template.h5", "nlb", tiny_lorenz, tmp_path / "s.h5", "x")


def test_wrong_calls(tiny_lorenz, tmp_path):
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(SubmissionError, match="no HDF5 signature"):
        import_file(tmp_path / "text.h5", "lfads", tiny_lorenz, tmp_path / "s.h5", "lfads")
    with pytest.raises(UsageError, match="the layouts are lfads, nlb"):
        import_file(tmp_path / "text.h5", "lfad", tiny_lorenz, tmp_path / "s.h5", "lfads")
    with pytest.raises(UsageError, match="no name of a method"):
        import_file(tmp_path / "text.h5", "lfads", tiny_lorenz, tmp_path / "s.h5", "My LFADS")
