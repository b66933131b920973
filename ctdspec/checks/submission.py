"""Everything that is wrong with an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ctdspec.checks.catalogue import CHECKS
from ctdspec.checks.evidence import Evidence
from ctdspec.checks.finding import Finding
from ctdspec.checks.profile import Profile
from ctdspec.submissions.answer import Answer
from ctdspec.submissions.expected import Problem

EXPLAINED = {"SUB-VAL-005": {"SUB-VAL-003", "SUB-VAL-004"}}
"""Findings that say less than others, and are left out beside them."""
_OTHER_DATASET = "SUB-STR-005"
_NOT_FINITE = "SUB-VAL-001"


def findings(problems: Sequence[Problem], evidence: Evidence, profile: Profile) -> list[Finding]:
    """Give what reading found, and what the values show, errors first.

    The values of an answer to another dataset, and of arrays that are not finite, are not looked at.
    """
    found = list(problems)
    if not any(problem.code == _OTHER_DATASET for problem in problems):
        found += value_problems(replace(evidence, answer=_finite(evidence.answer, problems)), profile)
    codes = {problem.code for problem in found}
    found = [problem for problem in found if not codes & EXPLAINED.get(problem.code, set())]
    told = [finding for problem in found if (finding := profile.finding(problem)) is not None]
    return sorted(told, key=lambda finding: finding.severity != "error")


def value_problems(evidence: Evidence, profile: Profile) -> Iterator[Problem]:
    """Ask all questions about values that the profile does not leave out."""
    for check in CHECKS:
        rule = profile.checks[check.question.code]
        if rule.severity != "off":
            yield from check.look(evidence, rule.thresholds)


def _finite(answer: Answer, problems: Sequence[Problem]) -> Answer:
    """Leave out what has values that are not finite: splits with such rates, and such states."""
    broken = {problem.place for problem in problems if problem.code == _NOT_FINITE}
    splits = {
        name: replace(split, states=None) if f"{name}/states" in broken else split
        for name, split in answer.splits.items()
        if f"{name}/rates_hz" not in broken
    }
    return replace(answer, splits=splits)
