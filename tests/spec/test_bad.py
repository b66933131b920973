"""Every bad example ends in exactly the message that is written beside it."""

from pathlib import Path

import pytest

from ctdspec.benchmark import load
from ctdspec.spec.explain import SpecError

BAD = Path(__file__).parent / "bad"
CASES = sorted(path.stem for path in BAD.glob("*.yaml"))


def test_that_there_are_cases() -> None:
    assert len(CASES) >= 20


def test_that_the_base_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    assert load("parts/base.yaml").name == "base"


@pytest.mark.parametrize("case", CASES)
def test_message(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(SpecError) as caught:
        load(f"{case}.yaml")
    assert f"{caught.value}\n" == (BAD / f"{case}.txt").read_text(encoding="utf-8")
    for problem in caught.value.problems:
        lines = len((BAD / problem.as_dict()["file"]).read_bytes().split(b"\n"))
        assert 1 <= problem.place.line <= lines
