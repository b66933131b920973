from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ctdspec.errors import DatasetError
from ctdspec.store.digest import array_digest
from ctdspec.store.truth import Variable, open_truth, stored_digest, truth_arrays, truth_digest, writing_truth

RNG = np.random.Generator(np.random.PCG64(4))
ARRAYS = {
    "latents": RNG.standard_normal((25, 7, 3)).astype(np.float32),
    "spikes": RNG.poisson(1, (25, 7, 4)).astype(np.uint16),
    "valid": np.zeros((25, 7), bool),
    "split": np.arange(25, dtype=np.int8) % 3,
    "held_out": np.array([False, False, True, True]),
    "time_s": np.arange(7) * 0.01,
    "weights/recurrent": RNG.standard_normal((3, 3)).astype(np.float32),
    "weights/scale": np.array(2.5),
}
DIMS = {
    "latents": ("trial", "time", "latent"),
    "spikes": ("trial", "time", "neuron"),
    "valid": ("trial", "time"),
    "split": ("trial",),
    "held_out": ("neuron",),
    "time_s": ("time",),
    "weights/recurrent": ("to_unit", "from_unit"),
    "weights/scale": (),
}
VARIABLES = [
    Variable.like(name, DIMS[name], array, units="s" if name == "time_s" else "", description=f"The {name}.")
    for name, array in ARRAYS.items()
]


def _write(path: Path, chunk_trials: int = 10, block_trials: int = 10) -> dict[str, str]:
    with writing_truth(path, VARIABLES, chunk_trials) as writer:
        for name, array in ARRAYS.items():
            step = block_trials if DIMS[name][:1] == ("trial",) else max(1, len(np.atleast_1d(array)))
            for start in range(0, len(np.atleast_1d(array)), step):
                writer.write(name, array[start : start + step] if array.ndim else array)
        summaries = writer.summaries()
        writer.set_attributes({"dataset": "ab", "spec": "name: x\n"})
    return {name: summary.digest for name, summary in summaries.items()}


def test_xarray_reads_what_was_written(tmp_path: Path) -> None:
    _write(tmp_path / "truth.zarr")
    plain = xr.open_zarr(tmp_path / "truth.zarr", consolidated=False, chunks=None)
    weights = open_truth(tmp_path / "truth.zarr", "weights")
    assert plain.attrs == {"dataset": "ab", "spec": "name: x\n"}
    assert plain["time_s"].attrs == {"units": "s", "description": "The time_s."}
    for name, array in ARRAYS.items():
        found = weights[name.removeprefix("weights/")] if "/" in name else plain[name]
        assert found.dims == DIMS[name]
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(("chunk_trials", "block_trials"), [(10, 10), (4, 25), (25, 3), (100, 1)])
def test_digests_do_not_depend_on_chunks_or_blocks(
    tmp_path: Path, chunk_trials: int, block_trials: int
) -> None:
    digests = _write(tmp_path / "truth.zarr", chunk_trials, block_trials)
    assert digests == {name: array_digest(array) for name, array in ARRAYS.items()}
    stored = {name: stored_digest(array) for name, array in truth_arrays(tmp_path / "truth.zarr").items()}
    assert stored == digests


def test_summaries_are_numpys(tmp_path: Path) -> None:
    with writing_truth(tmp_path / "t", [Variable("x", ("trial",), (6,), np.dtype("f4"))], 2) as writer:
        for block in ([1, 2, np.nan], [3, 4, 5]):
            writer.write("x", np.array(block, np.float32))
        summary = writer.summaries()["x"]
    assert (summary.mean, summary.sd) == pytest.approx((3, np.std([1, 2, 3, 4, 5])), rel=1e-5)
    assert (summary.shape, summary.dtype, summary.trials) == ([6], "float32", True)


def test_nothing_appears_before_everything_is_written(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="10 of 25 rows were written"),
        writing_truth(tmp_path / "t", VARIABLES, 10) as writer,
    ):
        writer.write("latents", ARRAYS["latents"][:10])
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    "block", [np.zeros((30, 7, 3), "f4"), np.zeros((2, 7, 3)), np.zeros((2, 6, 3), "f4")]
)
def test_blocks_that_do_not_fit_are_refused(tmp_path: Path, block: np.ndarray) -> None:
    with pytest.raises(ValueError, match="do"), writing_truth(tmp_path / "t", VARIABLES, 10) as writer:
        writer.write("latents", block)


def test_a_missing_chunk_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path / "truth.zarr")
    (tmp_path / "truth.zarr" / "valid" / "c" / "1" / "0").unlink()
    with pytest.raises(DatasetError, match=r"1 chunks are missing, first valid/c/1/0"):
        open_truth(tmp_path / "truth.zarr")
    with pytest.raises(DatasetError, match="expected the ground truth"):
        open_truth(tmp_path / "nowhere")


def test_the_digest_covers_attributes(tmp_path: Path) -> None:
    digests = _write(tmp_path / "truth.zarr")
    before = truth_digest(tmp_path / "truth.zarr", digests)
    metadata = tmp_path / "truth.zarr" / "zarr.json"
    metadata.write_text(metadata.read_text().replace("name: x", "name: y"))
    assert truth_digest(tmp_path / "truth.zarr", digests) != before


def test_counts_take_little_space(tmp_path: Path) -> None:
    spikes = RNG.poisson(0.1, (100, 500, 20)).astype(np.uint16)
    with writing_truth(tmp_path / "t", [Variable.like("spikes", DIMS["spikes"], spikes)], 50) as writer:
        writer.write("spikes", spikes)
    assert sum(f.stat().st_size for f in (tmp_path / "t").rglob("*") if f.is_file()) < spikes.nbytes / 8
