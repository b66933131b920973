"""From where the values of a searched path are drawn."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

from pydantic import Field, model_validator

from ctdspec.spec.node import Node
from ctdspec.spec.placed import at

_DIGITS = 4

Ends = Annotated[list[float], Field(min_length=2, max_length=2)]


class Distribution(Node):
    """The values that one path may take; exactly one of the keys says which, and how likely each is."""

    uniform: Ends | None = None
    """The ends of an interval, all of whose numbers are equally likely."""
    log_uniform: Ends | None = None
    """The ends, above 0, of an interval in which the logarithm of the number is uniform."""
    integers: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    """The least and the largest of whole numbers that are equally likely."""
    choices: Annotated[list[Any], Field(min_length=2, max_length=1000)] | None = None
    """Equally likely values of any form."""

    @model_validator(mode="after")
    def _ensure_one_law(self) -> Distribution:
        laws = list(Distribution.model_fields)
        found = [name for name in laws if getattr(self, name) is not None]
        if len(found) != 1:
            said = " and ".join(found) or "none"
            raise ValueError(f"exactly one of {', '.join(laws)} says what is drawn; found {said}")
        return self

    @model_validator(mode="after")
    def _ensure_ends_ascend(self) -> Distribution:
        for name in ("uniform", "log_uniform", "integers"):
            ends = getattr(self, name)
            with at(name):
                if ends is not None and not ends[0] < ends[1]:
                    raise ValueError(f"the first end, {ends[0]:g}, must be below the second, {ends[1]:g}")
                if name == "log_uniform" and ends is not None and ends[0] <= 0:
                    raise ValueError(f"numbers with a logarithm are above 0; found {ends[0]:g}")
        return self

    @model_validator(mode="after")
    def _ensure_choices_differ(self) -> Distribution:
        texts = [json.dumps(value, sort_keys=True) for value in self.choices or ()]
        for number, text in enumerate(texts):
            with at("choices", number):
                if text in texts[:number]:
                    raise ValueError(f"{text} is listed twice")
        return self

    @property
    def law(self) -> str:
        """The one key that is given."""
        return next(name for name in Distribution.model_fields if getattr(self, name) is not None)

    @property
    def extremes(self) -> dict[str | int, Any]:
        """The two ends, or all choices, by their place below the key: if these are valid, so is the rest."""
        return dict(enumerate(getattr(self, self.law)))

    def quantile(self, share: float) -> Any:
        """Give the value below which a share, from 0 to 1 (exclusive), of the probability is.

        Numbers have four significant digits, so that they can be read and written again.
        """
        values = getattr(self, self.law)
        if self.law == "choices":
            return values[int(share * len(values))]
        low, high = values
        if self.law == "integers":
            return low + int(share * (high - low + 1))
        if self.law == "log_uniform":
            return rounded(low * math.exp(share * math.log(high / low)), low, high)
        return rounded(low + share * (high - low), low, high)


def rounded(number: float, low: float, high: float) -> float:
    """Give a number with four significant digits, in its interval."""
    return min(max(float(f"{number:.{_DIGITS}g}"), low), high)
