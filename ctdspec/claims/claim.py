"""What a spec claims to be true of its results."""

from __future__ import annotations

from pydantic import Field, model_validator

from ctdspec.spec.node import Name, Node
from ctdspec.spec.placed import at

TRUTH = "truth"
"""What a claim about a fact of the true system is `of`."""

RELATIONS = (
    *("above", "below", "at_least", "at_most", "equals", "order", "increasing_along", "decreasing_along"),
)
"""The keys that say what is claimed; a claim has exactly one of them."""

_FITS = {
    "by": ("above", "below", "order", "increasing_along", "decreasing_along"),
    "within": ("equals",),
}


class Claim(Node):
    """One statement about one metric, which the results bear out, contradict or leave open.

    Exactly one of the keys `above` to `decreasing_along` says what is claimed.
    """

    metric: str = Field(min_length=1, max_length=200)
    """Id of a metric that is scored, or with `of: truth` the name of a fact of the true system."""
    of: Name | None = None
    """Whose value is meant: a data model, a reference row, or `truth`. Left out with `order`."""
    above: Name | None = None
    """The value is greater than that of this data model or reference row, on the same trials."""
    below: Name | None = None
    """The value is smaller than that of this data model or reference row, on the same trials."""
    at_least: float | None = None
    """The value is this or more."""
    at_most: float | None = None
    """The value is this or less."""
    equals: float | None = None
    """The value is this, up to `within`."""
    order: list[Name] | None = Field(default=None, min_length=2)
    """Data models and reference rows from the best to the worst; the metric says which way is better."""
    increasing_along: str | None = None
    """The value rises with this path of the sweep; values that are no numbers rise as they are listed."""
    decreasing_along: str | None = None
    """The value falls with this path of the sweep; values that are no numbers rise as they are listed."""
    by: float | None = Field(default=None, ge=0)
    """With `above`, `below`, `order`: the least difference. With a trend: from its one end to the other."""
    within: float | None = Field(default=None, ge=0)
    """With `equals`: the greatest distance. A score needs one; a fact may equal exactly."""
    holds_in: float | None = Field(default=None, gt=0, le=1)
    """The share of the seeds of the sweep in which this is to be so; left out for seeds taken together."""

    @model_validator(mode="after")
    def _ensure_one_relation(self) -> Claim:
        found = [name for name in RELATIONS if getattr(self, name) is not None]
        if not found:
            raise ValueError(f"a claim says one of {', '.join(RELATIONS)}; this one says none")
        if len(found) > 1:
            with at(found[1]):
                raise ValueError(f"{' and '.join(found)} are {len(found)} claims; write one for each")
        return self

    @model_validator(mode="after")
    def _ensure_keys_fit(self) -> Claim:
        for key, fitting in _FITS.items():
            if getattr(self, key) is not None and self.relation not in fitting:
                with at(key):
                    raise ValueError(f"{key} goes with {', '.join(fitting)}, not with {self.relation}")
        if self.order is not None and self.of is not None:
            with at("of"):
                raise ValueError("order names everyone it is about, so that `of` has no meaning beside it")
        if self.order is None and self.of is None:
            with at("of"):
                raise ValueError("the key is missing: whose value? (a data model, a reference row, or truth)")
        if self.of == TRUTH and self.relation in ("above", "below"):
            with at(self.relation):
                raise ValueError("a fact is compared with a number: use at_least, at_most or equals")
        return self

    @model_validator(mode="after")
    def _ensure_people_differ(self) -> Claim:
        names = self.rows
        for name in names:
            if names.count(name) > 1:
                with at(self.relation):
                    raise ValueError(f"{name!r} is compared with itself")
        return self

    @model_validator(mode="after")
    def _ensure_tolerance(self) -> Claim:
        if self.equals is not None and self.within is None and self.of != TRUTH:
            with at("equals"):
                raise ValueError("a score has an interval and never equals one number; say within what")
        return self

    @property
    def relation(self) -> str:
        """The one of `RELATIONS` that is claimed."""
        return next(name for name in RELATIONS if getattr(self, name) is not None)

    @property
    def along(self) -> str | None:
        """The path of the sweep that a trend is along; None for any other claim."""
        return self.increasing_along or self.decreasing_along

    @property
    def rows(self) -> list[str]:
        """The data models and reference rows that are named; a fact names none."""
        named = self.order or [name for name in (self.of, self.above, self.below) if name]
        return [name for name in named if name != TRUTH]

    @property
    def is_of_one_dataset(self) -> bool:
        """Whether a single dataset can tell; the others need the points of a sweep."""
        return self.along is None and self.holds_in is None

    def __str__(self) -> str:
        """Give the claim as a sentence without a full stop."""
        share = f" in at least {100 * self.holds_in:g} % of the seeds" if self.holds_in is not None else ""
        if self.order is not None:
            return f"{self.metric} ranks {' before '.join(self.order)}{self._margin()}{share}"
        said = {
            "above": f"is above that of {self.above}{self._margin()}",
            "below": f"is below that of {self.below}{self._margin()}",
            "at_least": f"is at least {self.at_least:g}" if self.at_least is not None else "",
            "at_most": f"is at most {self.at_most:g}" if self.at_most is not None else "",
            "equals": f"equals {self.equals:g}" if self.equals is not None else "",
            "increasing_along": f"rises with {self.increasing_along}{self._margin()}",
            "decreasing_along": f"falls with {self.decreasing_along}{self._margin()}",
        }
        within = f" within {self.within:g}" if self.within is not None else ""
        return f"{self.metric} of {self.of} {said[self.relation]}{within}{share}"

    def _margin(self) -> str:
        return f" by {self.by:g} or more" if self.by else ""
