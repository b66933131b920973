"""The page of a run as a reader meets it: opened from disk in a real browser."""

import json
from pathlib import Path

import pytest

from ctdspec.engine.run import run
from ctdspec.pages.report import write_report

SPEC = Path(__file__).parents[1] / "engine" / "analysed_lorenz.yaml"
VIEWERS = ["fixed-point-space", "neuron-chooser", "trajectory-space"]
HOSTILE = '<script>alert(1)</script> & "quotes" </script>'


def picture(browser, viewer: str) -> str:
    """Give what a canvas shows, once it has drawn what it was told."""
    view = f"document.querySelector('#{viewer} .view')"
    assert browser.eval(f"{view} !== null"), viewer
    frames = "requestAnimationFrame(() => requestAnimationFrame(done))"
    return browser.eval(f"new Promise((done) => {frames}).then(() => {view}.toDataURL())")


def told(browser, viewer: str) -> str:
    return browser.eval(f"document.querySelector('#{viewer} [aria-live]').textContent")


def focus(browser, viewer: str) -> None:
    browser.eval(f"document.querySelector('#{viewer} .view').focus({{focusVisible: true}})")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an analysed system, that knows its fixed points, claims and all."""
    return run(SPEC, tmp_path_factory.mktemp("analysed")) / "report" / "index.html"


@pytest.fixture
def opened(browser, page):
    browser.complaints.clear()
    browser.show(1100)
    browser.open(page)
    return browser


def test_it_renders_without_complaint(opened):
    assert opened.eval("[...document.querySelectorAll('.viewer:not([hidden])')].map((v) => v.id)") == VIEWERS
    assert opened.eval("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    blank = opened.eval("document.createElement('canvas').toDataURL()")
    pictures = [picture(opened, viewer) for viewer in VIEWERS]
    assert len(set(pictures)) == 3
    assert all(len(drawn) > 20 * len(blank) for drawn in pictures), "something is drawn"
    assert opened.complaints == []


@pytest.mark.parametrize("viewer", ["fixed-point-space", "trajectory-space"])
def test_the_keyboard_turns(opened, viewer):
    at_first = picture(opened, viewer)
    focus(opened, viewer)
    opened.press("ArrowRight")
    assert told(opened, viewer) == "Turned 40°, tilted 30°."
    turned = picture(opened, viewer)
    assert turned != at_first
    opened.press("ArrowUp")
    assert told(opened, viewer) == "Turned 40°, tilted 40°."
    opened.press("Home")
    assert picture(opened, viewer) == at_first
    for _ in range(36):
        opened.press("ArrowLeft")
    assert picture(opened, viewer) == at_first, "once around"


def test_the_mouse_and_buttons_turn(opened):
    at_first = picture(opened, "trajectory-space")
    opened.drag("#trajectory-space .view", 80, 0)
    dragged = picture(opened, "trajectory-space")
    assert dragged != at_first
    for _ in range(4):
        opened.click("#trajectory-space [data-do=left]")
    assert picture(opened, "trajectory-space") == at_first, "80 pixels are 40 degrees"
    opened.click("#trajectory-space [data-do=nearer]")
    assert picture(opened, "trajectory-space") != at_first


def test_a_finger_turns_and_scrolls(browser, page):
    """Across, it turns; along, the page scrolls as everywhere, or a phone would be caught in the picture."""
    browser.show(360)
    browser.open(page)
    at_first = picture(browser, "trajectory-space")
    browser.swipe("#trajectory-space .view", 90, 0)
    turned = picture(browser, "trajectory-space")
    assert turned != at_first
    before = browser.eval("scrollY")
    browser.swipe("#trajectory-space .view", 0, -200)
    browser.eval("new Promise((done) => setTimeout(done, 300))")
    assert browser.eval("scrollY") > before
    assert picture(browser, "trajectory-space") == turned


def test_what_is_unchecked_is_not_drawn(opened):
    whole = picture(opened, "fixed-point-space")
    opened.click("#fixed-point-space label:last-child [data-show]")
    assert picture(opened, "fixed-point-space") != whole
    opened.click("#fixed-point-space label:last-child [data-show]")
    assert picture(opened, "fixed-point-space") == whole


def test_time_can_be_held(opened):
    whole = picture(opened, "trajectory-space")
    until = "document.querySelector('#trajectory-space [data-until]')"
    opened.eval(f"{until}.value = 5; {until}.dispatchEvent(new Event('input'))")
    assert picture(opened, "trajectory-space") != whole


def test_a_neuron_is_chosen_by_list_button_and_key(opened):
    seen = {picture(opened, "neuron-chooser")}
    labels = opened.eval("[...document.querySelectorAll('[data-neuron] option')].map((o) => o.textContent)")
    opened.click("#neuron-chooser [data-step='1']")
    assert told(opened, "neuron-chooser").startswith(f"Neuron {labels[1]}; trial ")
    seen.add(picture(opened, "neuron-chooser"))
    focus(opened, "neuron-chooser")
    opened.press("ArrowRight")
    assert told(opened, "neuron-chooser").startswith(f"Neuron {labels[2]}; trial ")
    seen.add(picture(opened, "neuron-chooser"))
    choose = "document.querySelector('[data-neuron]')"
    opened.eval(f"{choose}.selectedIndex = 3; {choose}.dispatchEvent(new Event('change'))")
    seen.add(picture(opened, "neuron-chooser"))
    assert len(seen) == 4


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(browser, page, dark):
    browser.show(1100, dark=dark)
    browser.open(page)
    assert browser.pale_texts() == []


@pytest.mark.parametrize("width", [360, 1100])
def test_nothing_sticks_out(browser, page, width):
    browser.show(width)
    browser.open(page)
    assert browser.eval("document.documentElement.scrollWidth") == width


def test_everything_that_is_used_has_a_name_and_keyboard(opened):
    nameless = opened.eval(
        "[...document.querySelectorAll('button, select, input, .view, .wide')].filter((e) =>"
        " !(e.ariaLabel || e.textContent.trim() || e.closest('label')) || e.tabIndex < 0).length"
    )
    assert nameless == 0


def test_only_the_page_s_own_script_runs(browser, make):
    made = make(with_states=("first",), title=HOSTILE)
    claim = {"what": HOSTILE, "allowed": "1", "value": 1.0, "low": 1.0, "high": 1.0, "verdict": "holds"}
    claim |= {"seeds_low": None, "seeds_high": None, "n_seeds": 1}
    row = {"claim": {"metric": HOSTILE}, "says": HOSTILE, "where": "", "verdict": "holds", "why": HOSTILE}
    made.folder.claims.write_text(json.dumps([row | {"found": [claim]}]))
    page = write_report(made.folder, made.benchmark)
    browser.complaints.clear()
    browser.open(page)
    assert browser.eval("document.title").startswith("tiny")
    assert browser.eval("document.querySelectorAll('script:not([type])').length") == 1
    assert browser.complaints == []
    # One that slipped in would be refused.
    text = page.read_text("utf-8").replace("</main>", "<script>window.slipped = 1</script></main>")
    page.with_name("slipped.html").write_text(text, "utf-8")
    browser.open(page.with_name("slipped.html"))
    assert browser.eval("window.slipped") is None
    assert any("Content Security Policy" in said for said in browser.complaints)
    browser.complaints.clear()
