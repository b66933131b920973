"""What claims about one dataset are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.claims.claim import TRUTH
from ctdspec.metrics.bootstrap import Estimate


class NotKnown(Exception):
    """There is no such score or fact, or it is not defined; the text says which."""


@dataclass(frozen=True)
class Evidence:
    """The scores of a dataset with their resamples, and the facts about its system.

    Attributes
    ----------
    rows : list of mapping
        The rows of scores.json.
    resamples : (row, resample)
        What the intervals are of; may be mapped from a file. The resamples of all rows are of the same
        trials, so that their differences are paired.
    facts : mapping
        Values by name.
    """

    rows: Sequence[Mapping[str, object]]
    resamples: np.ndarray
    facts: Mapping[str, float]

    def estimate(self, metric: str, of: str) -> Estimate:
        """Give a score, or with `of` ``truth`` a fact, which is known without doubt.

        Raises
        ------
        NotKnown
            If there is none, or it is not defined.
        """
        if of == TRUTH:
            return self._fact(metric)
        for number, row in enumerate(self.rows):
            if row["metric"] == metric and row["method"] == of:
                value = row["value"]
                if not isinstance(value, float | int):
                    raise NotKnown(f"{metric} of {of} is not defined")
                return Estimate.from_resamples(np.concatenate([[float(value)], self.resamples[number]]))
        raise NotKnown(f"{of} has no {metric}: its answer, or the dataset, lacks what the metric needs")

    def _fact(self, name: str) -> Estimate:
        if name not in self.facts:
            raise NotKnown(f"the dataset does not say {name}")
        value = float(self.facts[name])
        return Estimate(value, value, value, np.array([value]))
