from pathlib import Path

import pytest

from ctdspec.engine.run import run

ENGINE = Path(__file__).parent / "engine"


@pytest.fixture(scope="session")
def tiny_lorenz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of an analytic system without task. Read only."""
    return run(ENGINE / "tiny_lorenz.yaml", tmp_path_factory.mktemp("lorenz"))


@pytest.fixture(scope="session")
def tiny_3bff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the shipped network, with few trials. Read only."""
    return run(ENGINE / "tiny_3bff.yaml", tmp_path_factory.mktemp("3bff"))
