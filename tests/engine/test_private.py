"""What participants get of a private dataset leads nobody back to its seed."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr

import ctdspec
from ctdspec.benchmark import load
from ctdspec.bundles.catalogue import FORMATS
from ctdspec.engine.private import method_seed, private, secret_seed
from ctdspec.errors import UsageError
from ctdspec.spec.problem import SpecError
from ctdspec.store.manifest import read_manifest

SPEC = Path(__file__).parent / "tiny_3bff.yaml"


@pytest.fixture(scope="module")
def seed_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "seed"
    secret_seed(path)
    return path


@pytest.fixture(scope="module")
def dataset(seed_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organiser's folder of a private dataset, with its baselines."""
    return ctdspec.run(private(load(SPEC), seed_file), tmp_path_factory.mktemp("private"))


@pytest.fixture(scope="module")
def bundles(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    for name in FORMATS:
        if name != "temporaldata":  # needs a package that is not installed everywhere
            ctdspec.export(dataset, name, folder / name)
    return folder


def forms(seed: int) -> list[bytes]:
    """Give a seed as it may stand in a file: as text in several bases, and as numbers."""
    texts = [
        f"{seed}",
        f"{seed:x}",
        f"{seed:X}",
        f"{seed:_}",
        f"{seed:,}",
        f"{float(seed):.17g}",
        f"{float(seed)}",
    ]
    numbers = [struct.pack(form, seed) for form in ("<q", ">q")]
    return [text.encode() for text in texts] + numbers + [struct.pack(form, seed) for form in ("<d", ">d")]


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give the bytes of every file, its path, and what is compressed in it."""
    for path in sorted(folder.rglob("*")):
        yield str(path), str(path.relative_to(folder)).encode()
        if path.is_file():
            yield str(path), path.read_bytes()
        if path.suffix in {".h5", ".nwb"}:
            with h5py.File(path) as file:
                yield from _inside(str(path), file)
        elif path.suffix == ".npz":
            yield from ((f"{path}/{name}", array.tobytes()) for name, array in np.load(path).items())
        elif path.suffix == ".zarr":
            for name, member in zarr.open_group(path, mode="r").members(max_depth=None):
                if isinstance(member, zarr.Array):
                    yield f"{path}/{name}", np.asarray(member[...]).tobytes()


def _inside(path: str, file: h5py.File) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        for key, value in node.attrs.items():
            found.append((f"{path}/{name}@{key}", _bytes(value)))
        if isinstance(node, h5py.Dataset):
            found.append((f"{path}/{name}", _bytes(node[()])))

    visit("", file)
    file.visititems(visit)
    return found


def _bytes(value: object) -> bytes:
    array = np.asarray(value)
    return repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes()


def places_of(seed: int, folder: Path) -> set[str]:
    return {place for place, content in contents(folder) if any(form in content for form in forms(seed))}


def test_no_byte_of_a_public_bundle_holds_the_seed(bundles, dataset, seed_file):
    seed = int(seed_file.read_text())
    assert places_of(seed, bundles) == set()
    assert str(dataset / "spec.yaml") in places_of(seed, dataset), "the search finds it where it is"


def test_answers_do_not_hold_the_seed(dataset, seed_file):
    """Data models are given another one: they may hand theirs on."""
    assert places_of(int(seed_file.read_text()), dataset / "methods") == set()
    benchmark = load(dataset / "spec.yaml")
    assert method_seed(benchmark) != benchmark.seed
    assert method_seed(load(SPEC)) == load(SPEC).seed


def test_the_recipe_alone_makes_nothing_and_with_another_seed_something_else(bundles, dataset, tmp_path):
    recipe = (bundles / "nwb" / "recipe.yaml").read_text()
    (tmp_path / "recipe.yaml").write_text(recipe + "data_models: []\nmetrics: [rate_r2]\n")
    with pytest.raises(SpecError, match="seed"):
        load(tmp_path / "recipe.yaml")
    guessed = recipe.replace("private: true\n", "") + "data_models: []\nmetrics: [rate_r2]\nseed: 1\n"
    (tmp_path / "guessed.yaml").write_text(guessed)
    rebuilt = ctdspec.build(tmp_path / "guessed.yaml", tmp_path / "out")
    mine, theirs = (zarr.open_group(folder / "truth.zarr", mode="r") for folder in (dataset, rebuilt))
    for name in ("latents", "spikes", "held_out"):
        assert not np.array_equal(np.asarray(mine[name]), np.asarray(theirs[name])), name


def test_an_answer_made_from_the_bundle_is_judged_by_the_organiser(bundles, dataset, tmp_path):
    template = bundles / "submission-template" / "submission_template.h5"
    data = np.load(bundles / "npz" / "data.npz")
    rates_hz = {}
    for split in ("train", "val", "test"):
        mean_hz = data["train_spikes"].mean(axis=(0, 1)) / data["bin_s"]
        n_trials, n_bins = data[f"{split}_valid"].shape
        rates_hz[split] = np.broadcast_to(mean_hz, (n_trials, n_bins, len(mean_hz))).astype(np.float32)
    answer = tmp_path / "answer.h5"
    answer.write_bytes(template.read_bytes())
    with h5py.File(answer, "a") as file:
        for split, rates in rates_hz.items():
            file[f"{split}/rates_hz"][...] = rates
    public, whole = (
        ctdspec.validate(answer, folder, public=is_public)
        for folder, is_public in ((bundles / "nwb", True), (dataset, False))
    )
    assert {finding.problem.code for finding in (*public.findings, *whole.findings)} <= {"SUB-VAL-006"}
    assert {row.metric for row in ctdspec.score(answer, dataset)} >= {"rate_r2", "co_bps"}


def test_a_private_dataset_is_never_replaced_by_another_one(dataset, seed_file, tmp_path):
    before = read_manifest(dataset / "manifest.json")
    for other in (load(SPEC), private(load(SPEC), tmp_path / "another_seed")):
        with pytest.raises(UsageError, match="give another --out"):
            ctdspec.build(other, dataset.parent)
    ctdspec.build(private(load(SPEC), seed_file), dataset.parent)
    assert read_manifest(dataset / "manifest.json").dataset == before.dataset


def test_a_seed_is_drawn_once_and_is_its_owners(tmp_path):
    seed = secret_seed(tmp_path / "seed")
    assert 2**48 <= seed < 2**63
    assert (tmp_path / "seed").stat().st_mode & 0o777 == 0o600
    assert secret_seed(tmp_path / "seed") == seed != secret_seed(tmp_path / "another")


@pytest.mark.parametrize("text", ["7", "", "-1", str(2**63), "0x" + "f" * 15, "²" * 15])
def test_what_could_be_guessed_is_no_secret(tmp_path: Path, text: str):
    (tmp_path / "seed").write_text(text)
    with pytest.raises(UsageError, match="too many to try"):
        secret_seed(tmp_path / "seed")


def test_a_spec_cannot_call_a_small_seed_private(tmp_path):
    (tmp_path / "spec.yaml").write_text(SPEC.read_text() + "private: true\n")
    with pytest.raises(SpecError, match="--secret-seed"):
        load(tmp_path / "spec.yaml")


def test_the_command_line_builds_one(ctdspec: Callable[..., tuple], tmp_path):
    build = ("build", SPEC, "--out", tmp_path / "o", "--secret-seed", tmp_path / "seed")
    code, out, _ = ctdspec(*build)
    assert code == 0
    assert "ses-private" in out
    code, _, err = ctdspec("build", SPEC, "--out", tmp_path / "o")
    assert (code, "holds a private dataset" in err) == (2, True)
