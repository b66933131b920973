"""The pages as a reader meets them: opened from disk in a real browser, by mouse, by keyboard, on a phone."""

from pathlib import Path
from typing import Any

import pytest

ORDER = "[...document.querySelectorAll('#track-R tbody tr')].map((row) => row.cells[1].dataset.value)"
SORTED = "[...document.querySelectorAll('#track-R thead th')].map((head) => head.getAttribute('aria-sort'))"


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@pytest.fixture
def table(browser: Any, site: Path) -> Any:
    """The browser on the page of the benchmark."""
    browser.show(1200)
    browser.open(next(page for page in site.glob("tiny_3bff-*.html")))
    return browser


def test_every_page_renders_without_complaint(browser, site):
    browser.complaints.clear()
    browser.show(1200)
    for page in pages(site):
        browser.open(page)
        assert browser.eval("document.querySelectorAll('h1').length") == 1, page
        assert browser.eval("[...document.images].every((i) => i.complete && i.naturalWidth > 0)"), page
    assert len(pages(site)) == 8
    assert browser.complaints == []


def test_a_complaint_would_be_heard(browser, tmp_path):
    """The page asks the network and throws: the test above would see both."""
    browser.complaints.clear()
    (tmp_path / "bad.html").write_text(
        "<script>throw new Error('x')</script><img src='http://127.0.0.1:9/x.png'>"
    )
    browser.open(tmp_path / "bad.html")
    assert any("Error: x" in said for said in browser.complaints)
    assert any("asks the network" in said for said in browser.complaints)
    browser.complaints.clear()


def test_links_lead_somewhere(browser, site):
    for page in pages(site):
        browser.open(page)
        links = browser.eval("[...document.links].map((a) => [a.pathname, a.hash])")
        for path, anchor in links:
            target = Path(path)
            assert target.is_file(), (page, path)
            if anchor:
                assert f'id="{anchor[1:]}"' in target.read_text(), (page, path, anchor)


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(browser, site, dark):
    """Contrast of all text is at least 4.5 (WCAG 2.2, AA), by light and by dark."""
    browser.show(1200, dark=dark)
    for page in pages(site):
        browser.open(page)
        assert browser.pale_texts() == [], page


def test_pale_text_would_be_found(browser, tmp_path):
    (tmp_path / "pale.html").write_text("<body style='background: #fff'><p style='color: #999'>pale</p>")
    browser.open(tmp_path / "pale.html")
    assert browser.pale_texts()[0][0] == "pale"


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out(browser, site, width):
    browser.show(width)
    for page in pages(site):
        browser.open(page)
        assert browser.eval("document.documentElement.scrollWidth") == width, page


def test_on_a_phone_rank_method_and_headline_are_in_sight(browser, site):
    browser.show(360)
    browser.open(next(page for page in site.glob("tiny_3bff-*.html")))
    ends = browser.eval(
        "[...document.querySelectorAll('#track-R tbody tr')]"
        ".map((row) => row.cells[2].getBoundingClientRect().right)"
    )
    assert max(ends) <= 360


def test_the_mouse_sorts(table):
    assert table.eval(ORDER)[:2] == ["better", "as_good"]
    table.click("#track-R thead th:nth-child(2) button")
    assert table.eval(ORDER) == sorted(table.eval(ORDER))
    assert table.eval(SORTED)[:3] == [None, "ascending", None]
    table.click("#track-R thead th:nth-child(2) button")
    assert table.eval(ORDER) == sorted(table.eval(ORDER), reverse=True)
    table.click("#track-R thead th:nth-child(3) button")
    assert table.eval(ORDER)[0] == "better", "the best first"
    assert table.eval(SORTED)[2] == "descending"


def test_the_keyboard_sorts_and_says_so(table):
    table.eval("document.querySelector('#track-R thead button').focus({focusVisible: true})")
    table.press("Tab")
    assert table.eval("document.activeElement.textContent") == "Method"
    assert table.eval("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is seen"
    table.press("Enter", "\r")
    assert table.eval(ORDER) == sorted(table.eval(ORDER))
    told = table.eval("document.querySelector('#track-R [aria-live]').textContent")
    assert told == "Sorted by Method, ascending."


def test_wide_tables_are_reached_by_keyboard_and_have_names(browser, site):
    for page in pages(site):
        browser.open(page)
        assert browser.eval(
            "[...document.querySelectorAll('.wide')]"
            ".every((wide) => wide.tabIndex === 0 && wide.hasAttribute('aria-label'))"
        ), page


def test_what_is_not_defined_stays_last_either_way(table):
    column = table.eval(
        "[...document.querySelectorAll('#track-S thead th')]"
        ".findIndex((head) => head.textContent.trim() === 'state_recall')"
    )
    table.eval(f"document.querySelectorAll('#track-S tbody tr')[0].cells[{column}].dataset.value = ''")
    keys = f"[...document.querySelectorAll('#track-S tbody tr')].map((r) => r.cells[{column}].dataset.value)"
    for _ in range(2):
        table.click(f"#track-S thead th:nth-child({column + 1}) button")
        assert table.eval(keys)[-1] == ""
