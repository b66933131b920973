from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib
import pytest

from ctdspec.errors import DatasetError
from ctdspec.pages.report import write_report

HOSTILE = '<script>alert(1)</script> & "quotes" <img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """What a page contains, as a browser would see it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def sections(self) -> list[str | None]:
        return [section["id"] for section in self.all("section")]

    @property
    def alts(self) -> list[str]:
        return [image["alt"] or "" for image in self.all("img")]


def page_of(made) -> Page:
    path = write_report(made.folder, made.benchmark)
    assert path == made.folder.report
    return Page(path.read_text("utf-8"))


@pytest.fixture(scope="session")
def full_dataset(make):
    """Give a dataset with everything: a task, and a method that gives rates and states."""
    return make(with_task=True)


@pytest.fixture(scope="session")
def full(full_dataset) -> Page:
    return page_of(full_dataset)


@pytest.fixture(scope="session")
def partial_dataset(make):
    """Give a dataset without a task, whose methods leave things out, under a hostile title."""
    return make(rates_only=("blind",), silent=("absent",), title=HOSTILE)


@pytest.fixture(scope="session")
def partial(partial_dataset) -> Page:
    return page_of(partial_dataset)


def test_every_section_is_there_and_in_the_contents(full):
    assert full.sections == [
        "declared", "scores", "task", "recording", "rates", "latents", "trajectories", "provenance",
    ]  # fmt: skip
    assert [link["href"] for link in full.all("a")] == [f"#{at}" for at in ("content", *full.sections)]
    assert "A tiny system" in full.words
    assert "lorenz" in full.words
    assert "5" * 64 in full.words, "the digest of the spec"


def test_values_are_those_of_scores_json(full, full_dataset):
    expected = [
        repr(value)
        for row in full_dataset.scores
        for value in (row.value, row.low, row.high, row.ceiling, row.chance)
        if value == value
    ]
    assert len(expected) == 14, "three metrics, one of whose limits is undefined"
    assert sorted(data["value"] or "" for data in full.all("data")) == sorted(expected)


@pytest.mark.parametrize("which", ["full", "partial"])
def test_page_needs_nothing_from_outside(which, request):
    page = request.getfixturevalue(which)
    assert [script for script in page.all("script") if script.get("type") != "application/json"] == [{}]
    assert not page.all("link")
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action", "data", "poster", "srcset", "background"):
            assert re.match(r"data:image/svg\+xml;base64,|#", attributes.get(name) or "#")
    assert "@import" not in page.words
    assert "url(" not in page.words


def test_every_picture_says_what_it_shows(full):
    assert len(full.alts) > 15
    assert all(len(alt) > 20 for alt in full.alts)
    assert len(set(full.alts)) == len(full.alts)
    assert all(int(image["width"] or 0) > 0 and int(image["height"] or 0) > 0 for image in full.all("img"))


def test_hostile_text_stays_text(partial):
    assert HOSTILE in partial.words
    assert "<b>" in partial.words
    assert not partial.all("b"), "a method's parameters are text, too"


def test_same_inputs_give_the_same_bytes_whatever_the_user_set(full_dataset, full):
    first = full_dataset.folder.report.read_bytes()
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        assert write_report(full_dataset.folder, full_dataset.benchmark).read_bytes() == first
        assert matplotlib.rcParams["font.size"] == 30, "the report leaves the settings as they were"
    assert len(first) < 3_000_000


def test_system_without_inputs_and_outputs_has_no_task_section(partial):
    assert "task" not in partial.sections


def test_method_without_states_is_drawn_without_them(partial):
    assert "rates but no states" in partial.words
    assert not [alt for alt in partial.alts if "blind" in alt and "principal components" in alt]
    assert [alt for alt in partial.alts if "blind" in alt and alt.startswith("Rate of")]


def test_method_without_an_answer_is_named(partial, partial_dataset):
    assert re.search(r"absent\s*: no answer to draw: .*no such file", partial.words)
    assert str(partial_dataset.folder.path) not in partial.words


def test_values_that_are_undefined_are_dashes(make):
    made = make()
    rows = made.folder.scores_json.read_text("utf-8")
    undefined = re.sub(r'"(value|low|high|ceiling|chance)": [^,\n]*', r'"\1": null', rows)
    made.folder.scores_json.write_text(undefined, "utf-8")
    page = page_of(made)
    assert not page.all("data")
    assert "undefined" in " ".join(page.alts)


def test_dataset_of_one_latent_without_methods_or_scores(make):
    made = make(with_states=(), n_latents=1)
    made.folder.scores_json.unlink()
    page = page_of(made)
    assert "has not been scored yet" in page.words
    assert "declares no data model" in page.words
    assert "trajectories" not in page.sections


def test_two_latents_are_drawn_in_the_plane(make):
    assert "trajectories" in page_of(make(n_latents=2)).sections


def test_scores_that_are_none_are_an_error(make):
    made = make(with_states=())
    made.folder.scores_json.write_text('[{"metric": "rate_r2"}]')
    with pytest.raises(DatasetError, match="score the dataset again"):
        write_report(made.folder, made.benchmark)


def test_importing_the_page_loads_no_drawing_library():
    code = (
        "import sys, ctdspec.pages.report as page; print(sorted({'matplotlib', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
