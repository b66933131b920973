"""The page about tasks tells all of them, and its pictures are those of the command on it."""

import re
from pathlib import Path

import pytest
from PIL import Image

from ctdspec.spec.component import kinds
from ctdspec.tasks.shipped import shipped_task_names

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "tasks.md").read_text("utf-8")


@pytest.mark.parametrize("name", shipped_task_names())
def test_every_shipped_task_has_a_section(name):
    sections = re.findall(r"\n## `(\w+)`\n(.*?)(?=\n## |\Z)", PAGE, re.DOTALL)
    text = dict(sections)[name]
    if name != "neurogym":
        assert f"](pictures/tasks/{name}.png)" in text
    if name not in ("centre_out", "multitask_practice"):
        for word in ("**Input", "**Output", "**Phases**", "**Accuracy**", "20"):
            assert word in text


def test_every_kind_is_named():
    for kind in kinds("task"):
        assert f"`{kind}`" in PAGE


def test_pictures_are_there_and_are_small():
    assert "$ ctdspec picture --of tasks --all --to docs/pictures/tasks" in PAGE
    drawn = sorted(DOCS.glob("pictures/tasks/*.png"))
    assert {path.stem for path in drawn} == set(shipped_task_names()) - {"neurogym"}
    for path in drawn:
        assert path.stat().st_size < 150_000, path
        with Image.open(path) as image:
            assert image.width > 1000
