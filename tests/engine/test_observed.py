"""What observing does to a dataset, from the spec to the files."""

from pathlib import Path

import numpy as np
import pytest
import xarray

import ctdspec
from ctdspec.spec.problem import SpecError
from ctdspec.submissions.answer import SPLITS

HERE = Path(__file__).parent
SPEC = (HERE / "tiny_sessions.yaml").read_text()
LORENZ = (HERE / "tiny_lorenz.yaml").read_text()


def truth_of(folder) -> xarray.Dataset:
    return xarray.open_zarr(folder / "truth.zarr", consolidated=False)


def write(tmp_path, text, **changes):
    """Write a spec with some of its lines replaced: the value of a key is the whole new line or lines."""
    for old, new in changes.items():
        lines = [line for line in text.splitlines() if line.strip().startswith(f"{old}:")]
        assert len(lines) == 1, (old, lines)
        text = text.replace(lines[0], new)
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    return path


def test_every_session_is_a_dataset_of_its_own(tiny_sessions):
    folders = [tiny_sessions / "ses-day_1", tiny_sessions / "ses-day_2"]
    recordings = [ctdspec.open(folder) for folder in folders]
    assert recordings[0].dataset != recordings[1].dataset
    for folder in folders:
        assert all(finding.level != "error" for finding in ctdspec.verify(folder))
        assert (folder / "report" / "index.html").is_file()
        assert [path.name.split("_")[1] for path in folder.glob("sub-*/*.nwb")] == [
            folder.name.replace("_", "-")
        ] * 2
    first, second = (set(recording.neuron_ids.tolist()) for recording in recordings)
    # Random selection takes the same places in every session; 60 % of the places keep their neuron.
    assert len(first & second) == pytest.approx(12, abs=6)
    assert len(first - second) > 0
    assert not np.allclose(*(truth_of(folder).latents.values for folder in folders))


def test_the_files_show_what_was_recorded_and_say_who_was_lost(tiny_sessions):
    for folder in (tiny_sessions / "ses-day_1", tiny_sessions / "ses-day_2"):
        recording, truth = ctdspec.open(folder), truth_of(folder)
        np.testing.assert_array_equal(recording.neuron_ids, truth.neuron_id)
        np.testing.assert_array_equal(recording.held_out, truth.held_out)
        names = np.array(truth.population.attrs["names"])
        np.testing.assert_array_equal(recording.population, names[truth.population.values])
        for code, split in enumerate(SPLITS):
            trials, seen = (
                truth.split.values == code,
                ~truth.held_out.values if split == "test" else slice(None),
            )
            np.testing.assert_array_equal(
                recording.splits[split].spikes, truth.spikes.values[trials][..., seen]
            )
            np.testing.assert_array_equal(
                recording.splits[split].observed, truth.observed.values[trials][:, seen]
            )


def test_recorded_spikes_are_the_emitted_ones_but_for_the_declared_errors(tiny_sessions):
    truth = truth_of(tiny_sessions / "ses-day_1")
    steps = truth.spike_steps.values.reshape(*truth.spikes.shape[:2], -1, truth.sizes["neuron"])
    np.testing.assert_array_equal(steps.sum(axis=2), truth.spikes)
    lost = ~truth.observed.values
    assert lost.any()
    assert truth.spikes.values.transpose(0, 2, 1)[lost].sum() == 0
    seen = truth.observed.values[:, None]
    emitted, recorded = (truth[name].values * seen for name in ("emitted_spikes", "spikes"))
    n = emitted.sum()
    # 5 % are missed; of the 5 % that are swapped some go to lost neurons, and some come from them.
    assert recorded.sum() / n == pytest.approx(0.95, abs=0.02)
    assert (emitted != recorded).sum() > 0.05 * n


def test_trials_are_interleaved(tiny_sessions):
    split = truth_of(tiny_sessions / "ses-day_1").split.values
    np.testing.assert_array_equal(np.bincount(split), [90, 20, 20])
    first_half = np.bincount(split[:65], minlength=3)
    # Hypergeometric: 10 ± 2.1 of either kind.
    assert (np.abs(first_half[1:] - 10) < 9).all()


def test_the_truth_records_the_modulations(tiny_sessions):
    folder = tiny_sessions / "ses-day_1"
    drawn = xarray.open_zarr(folder / "truth.zarr", group="modulation", consolidated=False)
    assert {name: array.dims for name, array in drawn.items()} == {
        "0_drift": ("trial", "neuron"),
        "1_shared_gain": ("trial", "neuron"),
    }
    population = truth_of(folder).population.values
    shared = drawn["1_shared_gain"].values
    for number in (0, 1):
        assert np.ptp(shared[:, population == number], axis=1).max() == 0
    assert np.ptp(shared, axis=1).min() > 0


def test_mean_rates_are_realised_whatever_modulates_them(tmp_path):
    modulated = "  noise: {kind: poisson}\n  modulations: [{kind: drift, log_sd: 0.5, timescale_trials: 10}]"
    spec = write(tmp_path, LORENZ, noise=modulated)
    truth = truth_of(ctdspec.build(spec, tmp_path))
    train = truth.rates_hz.values[truth.split.values == 0]
    assert train.mean(dtype=float) == pytest.approx(30, rel=1e-3)
    assert train.mean(axis=(1, 2)).std() > 2


def test_a_recording_of_fluorescence_goes_all_the_way_to_its_report(tiny_calcium):
    truth, recording = truth_of(tiny_calcium), ctdspec.open(tiny_calcium)
    assert "spikes" not in truth
    assert truth.emitted_spikes.values.sum() > 1000
    assert {"calcium", "intensity_hz"} <= set(truth.data_vars)
    noise = (truth.signals - truth.calcium).values
    noise -= noise.mean()
    # 52 000 samples: the standard deviation is known to 0.3 %.
    assert noise.std() == pytest.approx(0.1, rel=0.02)
    train = truth.split.values == 0
    seen = truth.observed.values[train][:, None]
    np.testing.assert_array_equal(
        recording.splits["train"].signals, np.where(seen, truth.signals.values[train], np.nan)
    )
    assert all(finding.level != "error" for finding in ctdspec.verify(tiny_calcium))
    assert "Signals, trial" in (tiny_calcium / "report" / "index.html").read_text()


def test_noisy_rates_are_rates_with_noise(tmp_path):
    text = LORENZ.replace("  - {use: data_models/smoothing}\n", "")
    spec = write(
        tmp_path,
        text,
        noise="  noise: {kind: gaussian, sd_hz: 5.0}",
        metrics="metrics: [rate_r2, state_recall]",
        data_models="data_models: []",
    )
    truth = truth_of(ctdspec.run(spec, tmp_path))
    assert "emitted_spikes" not in truth
    # 170 000 samples: the standard deviation is known to 0.2 %.
    assert (truth.signals - truth.rates_hz).values.std() == pytest.approx(5, rel=0.01)


SLOW = "  rates: {kind: exp, mean_hz: 60.0, gain: 1.0, across: neuron, mean_log_sd: 0.0}"
FAST = SLOW.replace("60.0", "120.0")
REFRACTORY = "kind: refractory, recovery_s: 0.0"
REFUSED = [
    (LORENZ, {"noise": "  noise: {kind: bernoulli}", "rates": FAST},
     r":12:3  observation.noise\n.* some bin expects 1.2 spikes, .* allows at most 1 per bin"),
    (LORENZ, {"noise": f"  noise: {{{REFRACTORY}, dead_s: 0.02, step_s: 0.001}}", "rates": SLOW},
     r"60 Hz; .* \(refractory\) with these settings can realise at most"),
    (LORENZ, {"noise": f"  noise: {{{REFRACTORY}, dead_s: 0.002, step_s: 0.003}}"}, "step_s"),
    (LORENZ, {"noise": "  noise: {kind: conway_maxwell_poisson, fano: 0.3, below_limit: refuse}"},
     "limit"),
    (LORENZ, {"noise": "  noise: {kind: gaussian, sd_hz: 1.0}"},
     r"data_models\[0\]\n.*'smoothing' reads spikes, but noise gaussian records signals"),
    (LORENZ, {"embedding": "  embedding: {kind: identity}"},
     "observation.embedding\n.*set neurons.circuit to 3"),
    (LORENZ, {"seed": "seed: 3\nsession: day_1"}, ":6:.*session\n.*observation.sessions declares none"),
    (SPEC, {"seed": "seed: 3\nsession: day_3"}, "there is no session 'day_3': there are day_1, day_2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "changes", "message"), REFUSED)
def test_what_cannot_be_realised_is_refused_by_lint(tmp_path, text, changes, message):
    with pytest.raises(SpecError, match=message):
        ctdspec.load(write(tmp_path, text, **changes))
