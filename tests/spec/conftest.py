"""Folders to write specs into."""

from pathlib import Path

import pytest

BASE = (Path(__file__).parent / "bad/parts/base.yaml").read_text(encoding="utf-8")


class Tree:
    """A folder of specs with a fine one, `base`, to build on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("base", BASE)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "specs")


@pytest.fixture
def base_text() -> str:
    return BASE
