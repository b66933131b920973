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


@pytest.fixture(scope="session")
def tiny_sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two sessions with populations, selection, drift, sorting errors and lost neurons."""
    return run(ENGINE / "tiny_sessions.yaml", tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="session")
def tiny_session(tiny_sessions: Path) -> Path:
    """The first of these sessions. Read only."""
    return tiny_sessions / "ses-day_1"


@pytest.fixture(scope="session")
def tiny_calcium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of fluorescence, which no method reads. Read only."""
    return run(ENGINE / "tiny_calcium.yaml", tmp_path_factory.mktemp("calcium"))
