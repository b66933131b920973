"""Who is observed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ctdspec.observation.selection import Selection
from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Node


class Neurons(Node):
    """Who is observed: so many neurons, or a fraction of a circuit."""

    held_in: int | None = Field(default=None, ge=1, le=100_000)
    """Neurons that every split shows."""
    held_out: int | None = Field(default=None, ge=0, le=100_000)
    """Neurons that the test split hides; a method must predict them from the others."""
    fraction: float | None = Field(default=None, gt=0, le=1)
    """Share of the circuit's neurons that are observed; together with `held_out_fraction` in place of
    `held_in` and `held_out`."""
    held_out_fraction: float | None = Field(default=None, ge=0, lt=1)
    """Share of the observed neurons that the test split hides."""
    circuit: int | None = Field(default=None, ge=1, le=1_000_000)
    """Neurons that there are; left out if all of them are observed, or if `populations` says it."""
    selection: Annotated[Selection, OneOf("selection")] | None = None
    """Which of the circuit's neurons are observed; left out if all of them are."""

    @model_validator(mode="after")
    def _ensure_one_form(self) -> Neurons:
        counts, shares = (self.held_in, self.held_out), (self.fraction, self.held_out_fraction)
        given = [[value is not None for value in pair] for pair in (counts, shares)]
        if given not in ([[True, True], [False, False]], [[False, False], [True, True]]):
            names = ("held_in", "held_out", "fraction", "held_out_fraction")
            found = [name for name in names if getattr(self, name) is not None]
            raise ValueError(
                f"expected held_in and held_out, or fraction and held_out_fraction; found"
                f" {' and '.join(found) or 'none of them'}"
            )
        return self

    def counts(self, circuit: int) -> tuple[int, int]:
        """Give the numbers of held-in and of held-out neurons, seen of a circuit of so many.

        Raises
        ------
        ValueError
            If the circuit is too small.
        """
        if self.held_in is not None and self.held_out is not None:
            held_in, held_out = self.held_in, self.held_out
        else:
            assert self.fraction is not None, "the other form is whole"
            assert self.held_out_fraction is not None, "the other form is whole"
            observed = max(1, round(self.fraction * circuit))
            held_out = min(round(self.held_out_fraction * observed), observed - 1)
            held_in = observed - held_out
        if held_in + held_out > circuit:
            raise ValueError(
                f"{held_in + held_out} neurons are to be observed, but the circuit has {circuit}; observe"
                " fewer, or declare a larger circuit"
            )
        return held_in, held_out
