"""The page about metrics has a section and a picture for each, and says what fools it."""

import re
from pathlib import Path

import pytest
from PIL import Image

from ctdspec.engine.metric_studies import STUDIES
from ctdspec.metrics.catalogue import METRICS

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "metrics.md").read_text("utf-8")
SECTIONS = re.findall(r"\n## (.*?)(?=\n##? |\Z)", PAGE, re.DOTALL)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_section_that_says_what_fools_it(metric):
    # In a heading of its own or of its group, or where a variant of the metric of the heading is told.
    told = [text for text in SECTIONS if f"`{metric}`" in text]
    assert any("fools" in text for text in told), f"no section of docs/metrics.md is about {metric}"


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_picture(metric):
    (picture, *_) = [name for name, study in STUDIES.items() if metric in study.metrics] or [None]
    assert picture is not None, f"{metric} is in no study: see ctdspec/engine/metric_studies.py"
    assert f"](pictures/metrics/{picture}.png)" in PAGE


def test_pictures_are_there_and_are_small():
    assert "$ ctdspec picture --of metrics --all --to docs/pictures/metrics" in PAGE
    drawn = sorted(DOCS.glob("pictures/metrics/*.png"))
    assert {path.stem for path in drawn} == set(STUDIES)
    for path in drawn:
        assert path.stat().st_size < 150_000, path
        with Image.open(path) as image:
            assert image.width > 1000
