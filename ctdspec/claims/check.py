"""The numbers that a claim is about, and the values that it allows them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ctdspec.claims.claim import Claim
from ctdspec.claims.evidence import Evidence
from ctdspec.claims.verdict import Target, Verdict
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.comparison import compare


@dataclass(frozen=True)
class Check:
    """One number that must lie in one target.

    Attributes
    ----------
    what : str
        What the number is, in words.
    quantity : Estimate
        With its resamples over test trials.
    target : Target
    """

    what: str
    quantity: Estimate
    target: Target

    @property
    def verdict(self) -> Verdict:
        """What the interval over test trials says."""
        return self.target.verdict(self.quantity.low, self.quantity.high)


def checks(claim: Claim, evidence: Evidence) -> list[Check]:
    """Give what has to be so in one dataset for a claim to hold; a trend has nothing to say about one.

    Raises
    ------
    NotKnown
        If a score or a fact that is needed is missing.
    """
    if claim.order is not None:
        higher = METRICS[claim.metric].direction == "higher"
        pairs = [pair if higher else pair[::-1] for pair in pairwise(claim.order)]
        return [_difference(claim, evidence, high, low) for high, low in pairs]
    of = claim.of or ""
    if claim.above is not None:
        return [_difference(claim, evidence, of, claim.above)]
    if claim.below is not None:
        return [_difference(claim, evidence, claim.below, of)]
    return [Check(f"{claim.metric} of {of}", evidence.estimate(claim.metric, of), _threshold(claim))]


def _difference(claim: Claim, evidence: Evidence, high: str, low: str) -> Check:
    """Claim that one row's value is greater than another's, by the same resamples of the trials."""
    first, second = (evidence.estimate(claim.metric, name) for name in (high, low))
    what = f"{claim.metric} of {high} minus that of {low}"
    return Check(what, compare(first, second).difference, _margin(claim))


def _margin(claim: Claim) -> Target:
    return Target(low=claim.by) if claim.by else Target(low=0, is_open=True)


def _threshold(claim: Claim) -> Target:
    if claim.equals is not None:
        within = claim.within or 0.0
        return Target(claim.equals - within, claim.equals + within)
    if claim.at_least is not None:
        return Target(low=claim.at_least)
    return Target(high=claim.at_most) if claim.at_most is not None else Target()
