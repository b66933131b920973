"""How much each check matters, and from where on: validators/profiles/*.yaml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ctdspec.checks.catalogue import QUESTIONS
from ctdspec.checks.finding import UNSAFE, Finding, Severity
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.spec.load import read
from ctdspec.spec.node import Name, Node
from ctdspec.submissions.expected import Problem

PREFIX = {"submission": "SUB-", "dataset": "DAT-"}


class Rule(Node):
    """What a profile says of one check."""

    severity: Severity
    """``error`` refuses, ``warning`` tells, ``off`` does not look."""
    reason: Annotated[str, Field(min_length=10)]
    """Why so."""
    thresholds: dict[Name, Annotated[float, Field(strict=False, ge=0)]] = {}
    """From where on, for checks that need numbers."""


class Profile(Node):
    """A rule for every check of one kind of thing."""

    profile: Name
    judges: Literal["submission", "dataset"]
    """What the profile is for."""
    checks: dict[str, Rule]

    def finding(self, problem: Problem) -> Finding | None:
        """Give a problem its severity; None if the profile does not look there."""
        severity = self.checks[problem.code].severity
        return None if severity == "off" else Finding(severity, problem)


def read_profile(name: str) -> Profile:
    """Read a shipped profile by its name, or another by its path.

    Raises
    ------
    UsageError
        If there is none, or it is not one: it must have one rule for each check of what it judges, with its
        thresholds, and refuse whatever is not safe to read.
    """
    from ruamel.yaml import YAML, YAMLError

    path = Path(name) if name.endswith(".yaml") else shipped("validators") / "profiles" / f"{name}.yaml"
    if not path.is_file():
        found = ", ".join(sorted(file.stem for file in (shipped("validators") / "profiles").glob("*.yaml")))
        raise UsageError(f"{name}: no such profile; give the path of a .yaml file, or one of {found}")
    try:
        document = YAML(typ="safe", pure=True).load(read(path).decode("utf-8"))
        profile = Profile.model_validate_json(json.dumps(document))
    except (YAMLError, TypeError, ValueError, ValidationError, RecursionError) as error:
        raise UsageError(f"{path}: not a profile ({error}); validators/profiles has examples") from None
    if wrong := _wrong(profile):
        raise UsageError("\n  ".join([f"{path}: not a complete profile", *wrong]))
    return profile


def _wrong(profile: Profile) -> list[str]:
    """Find rules that are missing, unknown or not allowed."""
    asked = {code for code in QUESTIONS if code.startswith(PREFIX[profile.judges])}
    rules: Mapping[str, Rule] = profile.checks
    wrong = [f"{code}: no rule for this check; add one" for code in sorted(asked - set(rules))]
    wrong += [f"{code}: no such check; remove the rule" for code in sorted(set(rules) - asked)]
    for code in sorted(asked & set(rules)):
        wanted, rule = set(QUESTIONS[code].thresholds), rules[code]
        if set(rule.thresholds) != wanted:
            found = ", ".join(sorted(rule.thresholds)) or "none"
            wrong.append(f"{code}: thresholds {found}, expected {', '.join(sorted(wanted)) or 'none'}")
        if code.startswith(UNSAFE) and rule.severity != "error":
            wrong.append(f"{code}: severity {rule.severity}, expected error: such a file is never read")
    return wrong
