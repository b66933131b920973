import importlib.util
from pathlib import Path

import pytest

from ctdspec.bundles.catalogue import FORMATS
from ctdspec.engine.export import export


def _usable(name: str) -> bool:
    return name != "temporaldata" or importlib.util.find_spec("temporaldata") is not None


@pytest.fixture(scope="session", params=["tiny_lorenz", "tiny_3bff", "tiny_session"])
def dataset(request: pytest.FixtureRequest) -> Path:
    """A dataset without inputs and outputs, one with both, and one with lost neurons and sorting errors."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def bundles(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """A bundle of every format for every audience, by (format, audience). Read only."""
    folder = tmp_path_factory.mktemp("bundles")
    return {
        (name, audience): export(dataset, name, folder / f"{name}_{audience}", audience)
        for name in FORMATS
        for audience in ("public", "organiser")
        if _usable(name)
    }


@pytest.fixture(params=list(FORMATS))
def name(request: pytest.FixtureRequest) -> str:
    """The name of every format that can be used here."""
    if not _usable(request.param):
        pytest.skip("temporaldata is in the dependency group clients")
    return request.param
