"""All questions, by code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from ctdspec.checks import copies, dataset, dynamics, order, safety, structure, units
from ctdspec.checks.question import Check, Question
from ctdspec.errors import UsageError

CHECKS: tuple[Check, ...] = (*units.CHECKS, *order.CHECKS, *copies.CHECKS, *dynamics.CHECKS)
"""Those about the values of an answer, in the order in which they are looked at."""

_ALL = (
    *safety.QUESTIONS,
    *structure.QUESTIONS,
    *dynamics.QUESTIONS,
    *(check.question for check in CHECKS),
    *dataset.QUESTIONS,
)
QUESTIONS: Mapping[str, Question] = {question.code: question for question in _ALL}


def question(code: str) -> Question:
    """Give a question by its code; a UsageError with near ones if there is none."""
    if (found := QUESTIONS.get(code.upper())) is not None:
        return found
    near = difflib.get_close_matches(code.upper(), QUESTIONS, n=3) or sorted(QUESTIONS)[:3]
    raise UsageError(f"{code[:80]!r}: no such code; did you mean {', '.join(near)}? --all lists them")
