"""What the pages of a leaderboard say, without a browser."""

import json
import re
from pathlib import Path

import pytest

from ctdspec.engine.leaderboard import leaderboard
from ctdspec.errors import DatasetError, UsageError
from ctdspec.results.result import Result, write_result


def test_the_same_results_give_the_same_bytes(results, site, tmp_path):
    again = leaderboard(results, tmp_path / "again").parent
    names = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert all((site / name).read_bytes() == (again / name).read_bytes() for name in names)


def test_tables_are_data_too(site):
    record = json.loads((site / "leaderboard.json").read_text())
    assert [(table["track"], table["given_inputs"]) for table in record["tables"]] == [
        ("R", False), ("R", True), ("S", False), ("S", True),
    ]  # fmt: skip
    first = record["tables"][0]["methods"]
    assert [(one["method"], one["rank"], one["groups"]) for one in first] == [
        ("better", 1, "a"),
        ("as_good", 2, "b"),
        ("smoothing", 2, "b"),
        ("rates_only", 4, "c"),
        ("one_of_a_name_that_takes_very_much_room", 5, "d"),
    ]


def test_pages_need_no_other_file_and_run_no_other_script(site):
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert "default-src 'none'" in text
        assert not re.search(r"""(src|href)=["'](https?:)?//""", text)
        has_tables = page.parent == site and page.stem != "index"
        assert text.count("<script") == has_tables
        assert len(text) < 1_000_000


def test_what_methods_say_is_text(site):
    page = next(site.glob("methods/*much_room.html")).read_text()
    assert "&lt;script&gt;" in page
    assert "<b>&" not in page


def test_the_organisers_words_are_there(site):
    text = (site / "index.html").read_text()
    for words in ("A title", "Send it to a@b.example.", "Scored again.", "2026-11-01"):
        assert words in text


def test_partial_answers_are_called_so(site):
    page = next(site.glob("tiny_3bff-*.html")).read_text()
    tables = page.split("<section")
    states = next(table for table in tables if 'id="track-S"' in table)
    rates = next(table for table in tables if 'id="track-R"' in table)
    assert ">partial<" in states
    assert ">partial<" not in rates, "nothing of that track is missing"
    assert "it has nothing for" in next(site.glob("methods/*-smoothing.html")).read_text()


@pytest.fixture
def single(result: Result, tmp_path: Path) -> Path:
    """A folder with one result of rates."""
    scores = [row for row in result.scores if row.metric == "rate_r2"]
    resamples = {"rate_r2": result.resamples["rate_r2"]}
    rates = result.model_copy(update={"scores": scores, "resamples": resamples, "track": "R"})
    write_result(tmp_path / "single/one.json", rates)
    return tmp_path / "single"


def test_a_site_is_replaced_and_nothing_else_is(single, tmp_path):
    results = single
    assert "smoothing" in leaderboard(results, tmp_path / "site").read_text()
    leaderboard(results, tmp_path / "site")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(UsageError, match="no leaderboard"):
        leaderboard(results, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    with pytest.raises(UsageError, match="among the results"):
        leaderboard(results, results / "site")


def test_what_cannot_be_in_one_table_is_refused(result, tmp_path):
    with pytest.raises(UsageError, match="no results"):
        leaderboard(tmp_path / "in", tmp_path / "site")
    write_result(tmp_path / "in/a.json", result)
    write_result(tmp_path / "in/b.json", result)
    with pytest.raises(DatasetError, match="of the same submission"):
        leaderboard(tmp_path / "in", tmp_path / "site")
    (tmp_path / "in/b.json").write_text('{"format": "something else"}')
    with pytest.raises(DatasetError, match="expected a scored submission"):
        leaderboard(tmp_path / "in", tmp_path / "site")
    (tmp_path / "in/b.json").unlink()
    (tmp_path / "in/leaderboard.yaml").write_text("corrections: [{date: yesterday, text: x}]\n")
    with pytest.raises(UsageError, match="corrections"):
        leaderboard(tmp_path / "in", tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_the_verb_says_where_it_is(ctdspec, single, tmp_path):
    code, out, _ = ctdspec("leaderboard", single, "--out", tmp_path / "site")
    assert (code, out.split()) == (0, ["leaderboard", str(tmp_path / "site/index.html")])
    code, out, _ = ctdspec("leaderboard", single, "--out", tmp_path / "site", "--json")
    assert (code, json.loads(out)) == (0, {"leaderboard": str(tmp_path / "site/index.html")})
    code, _, err = ctdspec("leaderboard", tmp_path / "nowhere", "--out", tmp_path / "site")
    assert (code, "no results" in err) == (2, True)
