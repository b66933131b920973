"""What a check asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ctdspec.checks.evidence import Evidence
from ctdspec.submissions.expected import Problem, coded


@dataclass(frozen=True)
class Question:
    """One question about a file, under a code that never changes its meaning."""

    code: str
    question: str
    why: str
    """What goes wrong if the answer is no."""
    fix: str
    thresholds: tuple[str, ...] = ()
    """Names of the numbers that a profile sets."""

    def problem(self, place: str, found: str, expected: str) -> Problem:
        """Say no."""
        return coded(self.code, place, found, expected, self.fix)


@dataclass(frozen=True)
class Check:
    """A question about the values of an answer, and the function that answers it.

    `look` is given the evidence and the thresholds, and gives a problem for each place where the answer is
    no; nothing if there is not enough evidence.
    """

    question: Question
    look: Callable[[Evidence, Mapping[str, float]], Iterator[Problem]]
