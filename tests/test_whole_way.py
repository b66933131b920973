"""The way of a stranger, as docs/submissions.md tells it: bundle, answer, check, score, leaderboard."""

import re
import runpy
from pathlib import Path

import h5py

DOCS = Path(__file__).parents[1] / "docs" / "submissions.md"


def blocks(language: str) -> list[str]:
    section = DOCS.read_text(encoding="utf-8").split("\n## The whole way\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def commands(block: str, dataset: Path) -> list[list[str]]:
    lines = [line.removeprefix("$ ctdspec ").split() for line in block.splitlines()]
    return [[str(dataset) if word == "3bff" else word for word in line] for line in lines]


def test_the_way_in_the_docs_is_the_way(ctdspec, tiny_3bff, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare, finish = blocks("console")
    (answer,) = blocks("python")
    for command in commands(prepare, tiny_3bff):
        assert ctdspec(*command)[0] == 0, command
    (tmp_path / "answer.py").write_text(answer)
    runpy.run_path(str(tmp_path / "answer.py"))

    # A mistake, told and mended.
    with h5py.File("my_answer.h5", "r+") as file:
        for split in ("train", "val", "test"):
            file[f"{split}/rates_hz"][...] *= 0.01
    validate, score, leaderboard = commands(finish, tiny_3bff)
    code, out, _ = ctdspec(*validate)
    assert (code, "divide spikes per bin by bin_s" in out) == (1, True)
    assert ctdspec(*score)[0] == 3
    runpy.run_path(str(tmp_path / "answer.py"))

    code, out, _ = ctdspec(*validate)
    assert code == 0, out
    code, out, _ = ctdspec(*score)
    assert code == 0, out
    assert ctdspec(*leaderboard)[0] == 0
    assert "window_ridge" in (tmp_path / "site/index.html").read_text()
