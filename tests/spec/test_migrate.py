"""Old documents climb the ladder; documents from the future are refused."""

import pytest

from ctdspec.spec.located import Source
from ctdspec.spec.migrate import CURRENT, LADDER, migrate
from ctdspec.spec.parse import parse

RENAME = {
    1: lambda data: {("task" if key == "job" else key): value for key, value in data.items()},
    2: lambda data: data | {"seed": data.get("seed", 0)},
}


def test_every_older_version_has_a_step() -> None:
    assert sorted(LADDER) == list(range(1, CURRENT))


def test_steps_are_climbed_in_order() -> None:
    old = {"ctdspec": 1, "job": {"kind": "x"}}
    assert migrate(old, RENAME, 3) == {"ctdspec": 3, "task": {"kind": "x"}, "seed": 0}
    assert migrate({"ctdspec": 2, "job": 1}, RENAME, 3) == {"ctdspec": 3, "job": 1, "seed": 0}
    assert old == {"ctdspec": 1, "job": {"kind": "x"}}


def test_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match=r"version 4 of the language.*up to 3"):
        migrate({"ctdspec": 4}, RENAME, 3)


@pytest.mark.parametrize("version", [None, "1", 0, -1, True, 1.0, []])
def test_nonsense_is_left_to_validation(version: object) -> None:
    assert migrate({"ctdspec": version}, RENAME, 3) == {"ctdspec": version}


def test_places_survive() -> None:
    document, _ = parse(Source("x.yaml", "ctdspec: 1\njob:\n  kind: x\nseed: 4\n"))
    moved = document.relocated(migrate(document.plain(), RENAME, 3))
    assert moved.along(["seed"])[-1].place.line == 4
    assert moved.plain()["task"] == {"kind": "x"}
