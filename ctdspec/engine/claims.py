"""Judging the claims of a spec by what was found."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark
from ctdspec.claims.evidence import Evidence
from ctdspec.claims.judge import judge
from ctdspec.claims.judgement import Judgement
from ctdspec.engine.steps import Made, Steps
from ctdspec.errors import DatasetError
from ctdspec.spec.digest import digest
from ctdspec.store.digest import combined_digest
from ctdspec.store.layout import DatasetFolder


def claims_steps(benchmark: Benchmark, steps: Steps) -> None:
    """Judge the claims of a scored dataset and write what came of them; nothing if there are none."""
    claims = benchmark.claims
    if not claims:
        return
    depends_on = {
        "claims": combined_digest({str(number): digest(claim) for number, claim in enumerate(claims)}),
        "scores": steps.digest("scores"),
        "facts": steps.digest("analysis") if benchmark.analysis else "",
    }

    def judge_all() -> Made:
        evidence = read_evidence(steps.folder)
        write_text(steps.folder.claims, judgements_json(judge(claim, [evidence]) for claim in claims))
        return Made({steps.folder.claims: None})

    steps.run("claims", depends_on, judge_all)


def read_evidence(folder: DatasetFolder) -> Evidence:
    """Read the scores, their resamples, and the facts if there are any, of a dataset.

    Raises
    ------
    DatasetError
        If the dataset is not scored, or a file is damaged.
    """
    try:
        rows = json.loads(folder.scores_json.read_text(encoding="utf-8"))
        resamples = np.load(folder.resamples, mmap_mode="r", allow_pickle=False)
        facts = json.loads(folder.facts.read_text(encoding="utf-8")) if folder.facts.exists() else {}
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{folder.path}: the scores cannot be read ({error}); score the dataset again"
        ) from None
    if len(rows) != len(resamples):
        raise DatasetError(
            f"{folder.resamples}: found {len(resamples)} rows, expected {len(rows)} as in scores.json;"
            " score the dataset again"
        )
    return Evidence(rows, resamples, facts)


def judgements_json(judgements: Iterable[Judgement]) -> str:
    """Give judgements as a JSON list of objects."""
    data: list[dict[str, Any]] = [judgement.as_dict() for judgement in judgements]
    return json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
