"""Codes, questions and profiles belong together."""

import re
from pathlib import Path

import pytest

import ctdspec
from ctdspec.checks.catalogue import QUESTIONS, question
from ctdspec.checks.profile import read_profile
from ctdspec.errors import UsageError
from ctdspec.resources import shipped

PROFILES = ["submission", "dataset", "release"]
PACKAGE = Path(ctdspec.__file__).parent


def test_every_code_that_is_used_is_explained_and_no_other():
    used = {
        code
        for path in [*PACKAGE.glob("submissions/*.py"), *PACKAGE.glob("checks/*.py")]
        for code in re.findall(r'"((?:SUB|DAT)-[A-Z]{3}-\d{3})"', path.read_text())
    }
    assert used == set(QUESTIONS)


def test_reading_gives_the_codes_that_are_listed_for_it():
    """The tables of what reading asks are not dead: each code is in the modules that read."""
    reading = "".join(path.read_text() for path in PACKAGE.glob("submissions/*.py"))
    for code in QUESTIONS:
        if code.startswith(("SUB-SAF", "SUB-STR")):
            assert code in reading, code


@pytest.mark.parametrize("code", sorted(QUESTIONS))
def test_a_question_asks_and_says_what_to_do(code):
    asked = QUESTIONS[code]
    assert asked.question.endswith("?")
    assert asked.why.endswith(".")
    assert asked.fix


@pytest.mark.parametrize("name", PROFILES)
def test_shipped_profiles_are_complete(name):
    profile = read_profile(name)
    assert profile.profile == name
    assert set(profile.checks) <= set(QUESTIONS)


def test_near_codes_are_suggested():
    assert question("sub-val-003").code == "SUB-VAL-003"
    with pytest.raises(UsageError, match="SUB-VAL-003"):
        question("SUB-VAL-03")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("within_factor: 2.0", "within: 2.0", "SUB-VAL-003: thresholds within, expected within_factor"),
        ("SUB-VAL-011:", "SUB-VAL-999:", "SUB-VAL-011: no rule for this check"),
        ("SUB-VAL-011:", "SUB-VAL-999:", "SUB-VAL-999: no such check"),
        ("SUB-SAF-004: {severity: error", "SUB-SAF-004: {severity: warning", "such a file is never read"),
        ("severity: error", "severity: fatal", "not a profile"),
        ("judges: submission", "judges: [", "not a profile"),
    ],
)
def test_wrong_profiles_are_refused(tmp_path, old, new, says):
    text = (shipped("validators") / "profiles/submission.yaml").read_text()
    assert old in text
    (tmp_path / "mine.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(UsageError, match=re.escape(says)):
        read_profile(str(tmp_path / "mine.yaml"))


def test_unknown_profiles_are_named():
    with pytest.raises(UsageError, match="dataset, release, submission"):
        read_profile("nonsense")
