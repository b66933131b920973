"""What a check found, as it is told to people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ctdspec.submissions.expected import Problem

Severity = Literal["error", "warning", "off"]
UNSAFE = ("SUB-SAF-", "DAT-SAF-")
"""Codes of files that cannot be read, or that should not be."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and how much it matters."""

    severity: Severity
    problem: Problem

    def __str__(self) -> str:
        found, expected = self.problem.found, self.problem.expected
        lines = [
            f"{self.severity} {self.problem.code}  {self.problem.place}",
            f"    found     {found}",
            f"    expected  {expected}",
            f"    fix       {self.problem.advice}",
        ]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Give the finding as data."""
        return {
            "code": self.problem.code,
            "severity": self.severity,
            "place": self.problem.place,
            "found": self.problem.found,
            "expected": self.problem.expected,
            "fix": self.problem.advice,
        }


@dataclass(frozen=True)
class Verdict:
    """All that was found in one file or folder."""

    profile: str
    findings: Sequence[Finding]

    @property
    def ok(self) -> bool:
        """Whether nothing is an error."""
        return all(finding.severity != "error" for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 if all is well, 1 if something is an error, 3 if the file is not fit to be read."""
        if any(finding.problem.code.startswith(UNSAFE) for finding in self.findings):
            return 3
        return 0 if self.ok else 1
