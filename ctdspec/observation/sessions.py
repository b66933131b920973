"""Several recordings of one system."""

from __future__ import annotations

from pydantic import Field, field_validator

from ctdspec.spec.node import Name, Node


class Sessions(Node):
    """Recordings of one system, one after the other: each with trials of its own, and its own neurons.

    From each session to the next some neurons are replaced by others; those that stay keep their unit ids,
    and change a little. Every session is a dataset of its own, in a folder ``ses-<name>``.
    """

    names: list[Name] = Field(min_length=2, max_length=1000)
    """What the sessions are called, in their order."""
    shared: float = Field(ge=0, le=1)
    """Share of each population's neurons that the next session still has in the place where it looks."""
    embedding_change: float = Field(ge=0, le=1)
    """How far the embedding of a neuron that stays moves: 0 not at all, 1 to an unrelated one. Its weights
    become √(1 − c²) of the old and c of a fresh draw."""
    rate_change_log_sd: float = Field(ge=0, le=3)
    """Standard deviation of the change of the logarithm of its mean rate."""

    @field_validator("names")
    @classmethod
    def _ensure_names_differ(cls, names: list[str]) -> list[str]:
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"session {twice!r} is listed twice")
        return names
