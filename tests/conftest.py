import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ctdspec.cli import main
from ctdspec.engine.run import run
from ctdspec.resources import shipped
from ctdspec.spec.component import kinds

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


@pytest.fixture(scope="session")
def shipped_system() -> Callable[..., Any]:
    """Read a shipped system by the name of its file; keywords change its fields."""

    def read(name: str, **changes: Any) -> Any:
        fields = YAML(typ="safe", pure=True).load((shipped("specs") / "systems" / f"{name}.yaml").read_text())
        fields |= changes
        return kinds("system")[fields["kind"]].model_validate(fields)

    return read


@pytest.fixture
def ctdspec(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple]:
    """Run the command line in this process; gives exit code, stdout and stderr."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ctdspec", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return call
