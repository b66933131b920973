from __future__ import annotations

import re
from html.parser import HTMLParser

from ctdspec.report.page import write_report


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


def page_of(made) -> Page:
    path = write_report(made.folder, made.benchmark)
    assert path == made.folder.report
    return Page(path.read_text("utf-8"))


def test_every_section_is_there_and_in_the_contents(make):
    page = page_of(make(with_task=True))
    sections = [section["id"] for section in page.all("section")]
    assert sections == [
        "declared", "scores", "task", "recording", "rates", "latents", "trajectories", "provenance",
    ]  # fmt: skip
    assert [link["href"] for link in page.all("a")] == [f"#{section}" for section in sections]
    assert "A tiny system" in page.words
    assert "lorenz" in page.words
    assert "5" * 64 in page.words, "the digest of the spec"


def test_values_are_those_of_scores_json(make):
    made = make()
    values = [data["value"] for data in page_of(made).all("data")]
    expected = [
        repr(value)
        for row in made.scores
        for value in (row.value, row.low, row.high, row.ceiling, row.chance)
        if value == value
    ]
    assert len(expected) == 14, "three metrics, one of whose limits is undefined"
    assert sorted(values) == sorted(expected)


def test_page_needs_nothing_from_outside(make):
    made = make(with_task=True)
    page = page_of(made)
    assert not page.all("script")
    assert not page.all("link")
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action", "data", "poster", "srcset", "background"):
            assert re.match(r"data:image/svg\+xml;base64,|#", attributes.get(name) or "#")
    assert "@import" not in page.words
    assert "url(" not in page.words


def test_every_picture_says_what_it_shows(make):
    images = page_of(make(with_task=True)).all("img")
    assert len(images) > 15
    assert all(len(image["alt"] or "") > 20 for image in images)
    assert all(int(image["width"] or 0) > 0 and int(image["height"] or 0) > 0 for image in images)


def test_hostile_text_stays_text(make):
    title = '<script>alert(1)</script> & "quotes" <img src=x onerror=alert(2)>'
    made = make(title=title)
    text = write_report(made.folder, made.benchmark).read_text("utf-8")
    page = Page(text)
    assert not page.all("script")
    assert title in page.words
    assert not page.all("b"), "a method's parameters are text, too"


def test_same_inputs_give_the_same_bytes(make):
    made = make(with_task=True)
    first = write_report(made.folder, made.benchmark).read_bytes()
    assert write_report(made.folder, made.benchmark).read_bytes() == first
    assert len(first) < 3_000_000


def test_settings_of_the_user_change_nothing(make):
    import matplotlib

    made = make()
    first = write_report(made.folder, made.benchmark).read_bytes()
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        assert write_report(made.folder, made.benchmark).read_bytes() == first
        assert matplotlib.rcParams["font.size"] == 30, "the report leaves the settings as they were"


def test_system_without_inputs_and_outputs_has_no_task_section(make):
    page = page_of(make())
    assert "task" not in [section["id"] for section in page.all("section")]


def test_method_without_states_is_drawn_without_them(make):
    page = page_of(make(with_states=("first",), rates_only=("second",)))
    assert "rates but no states" in page.words
    alts = [image["alt"] or "" for image in page.all("img")]
    assert all("second" not in alt for alt in alts if "principal components" in alt)
    assert any("second" in alt for alt in alts if alt.startswith("Rate of"))


def test_method_without_an_answer_is_named(make):
    made = make(silent=("absent",))
    page = page_of(made)
    assert re.search(r"absent\s*: no answer to draw: .*no such file", page.words)
    assert str(made.folder.path) not in page.words


def test_dataset_without_methods_or_scores(make):
    made = make(with_states=())
    made.folder.scores_json.unlink()
    page = page_of(made)
    assert "has not been scored yet" in page.words
    assert "declares no data model" in page.words


def test_undefined_values_are_dashes(make):
    made = make()
    rows = made.folder.scores_json.read_text("utf-8")
    made.folder.scores_json.write_text(
        re.sub(r'("(?:value|low|high|ceiling|chance)"): .*', r"\1: null,", rows).replace("null,,", "null,")
    )
    page = page_of(made)
    assert not page.all("data")
    assert "undefined" in " ".join(image["alt"] or "" for image in page.all("img"))


def test_one_latent_has_no_trajectories(make):
    page = page_of(make(n_latents=1))
    assert "trajectories" not in [section["id"] for section in page.all("section")]


def test_two_latents_are_drawn_in_the_plane(make):
    page = page_of(make(n_latents=2))
    assert "trajectories" in [section["id"] for section in page.all("section")]
