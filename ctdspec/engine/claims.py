"""Judging the claims of a spec by what was found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark
from ctdspec.claims.claim import Claim
from ctdspec.claims.evidence import Evidence
from ctdspec.claims.judge import judge
from ctdspec.claims.judgement import Judgement
from ctdspec.engine.step import Made, Site, Step, code_digest, new_step
from ctdspec.errors import DatasetError
from ctdspec.store.layout import DatasetFolder

VERSION = 1
"""Of the code of this step; see `new_step`."""


def claims_step(benchmark: Benchmark, scores: Step, analysis: Sequence[Step]) -> list[Step]:
    """Give the step that judges the claims of a dataset, if there are any."""
    if not benchmark.claims:
        return []
    depends_on = {"claims": code_digest(benchmark.claims)}
    make = partial(_make_claims, benchmark.claims)
    return [new_step((benchmark.folder, "claims"), VERSION, depends_on, [scores, *analysis], make)]


def _make_claims(claims: Sequence[Claim], site: Site) -> Made:
    evidence = read_evidence(site.folder)
    write_text(site.folder.claims, judgements_json(judge(claim, [evidence]) for claim in claims))
    return Made({site.folder.claims: None})


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
