"""Draws that are proposed from what earlier ones gave, by Optuna."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ctdspec.errors import MethodError, UsageError
from ctdspec.methods.extra import ensure_installed
from ctdspec.seeds import stream
from ctdspec.spec.distribution import Distribution, rounded
from ctdspec.spec.search import Draw, Search

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial


def ensure_proposals() -> None:
    """Raise UsageError if Optuna is not installed."""
    try:
        ensure_installed(("optuna",), "optuna")
    except MethodError as error:
        raise UsageError(f"search.kind optuna: {error}") from None


def propose(search: Search, seed: int, draws: Sequence[Draw], values: Sequence[float | None]) -> Draw:
    """Give the next draw of a search.

    The sampler is that of trees of Parzen estimators (Bergstra et al. 2011) with Optuna's settings. It is
    seeded for each draw and told of all earlier ones, so that the same results lead to the same proposal,
    whether or not a run was interrupted.

    Parameters
    ----------
    draws, values
        The earlier draws, and what each reached; None for one without an answer.
    """
    import optuna

    laws = {path: _law(law) for path, law in search.over.items()}
    number = int(stream(seed, "search/proposals", len(draws)).integers(2**32))
    sampler = optuna.samplers.TPESampler(seed=number, n_startup_trials=search.at_random or 1)
    said = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials(
            [_trial(search, laws, draw, value) for draw, value in zip(draws, values, strict=True)]
        )
        found = study.ask(laws).params
    finally:
        optuna.logging.set_verbosity(said)
    return {path: _value(law, found[path]) for path, law in search.over.items()}


def _law(law: Distribution) -> BaseDistribution:
    """Give Optuna's form of a distribution; choices go by their number."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    ends = getattr(law, law.law)
    if law.law == "choices":
        return CategoricalDistribution(range(len(ends)))
    if law.law == "integers":
        return IntDistribution(*ends)
    return FloatDistribution(*ends, log=law.law == "log_uniform")


def _trial(search: Search, laws: dict[str, BaseDistribution], draw: Draw, value: float | None) -> FrozenTrial:
    from optuna.trial import TrialState, create_trial

    choices = {path: law.choices for path, law in search.over.items()}
    params = {path: some.index(draw[path]) if (some := choices[path]) else draw[path] for path in laws}
    state = TrialState.FAIL if value is None else TrialState.COMPLETE
    return create_trial(state=state, value=value, params=params, distributions=laws)


def _value(law: Distribution, found: Any) -> Any:
    if law.choices:
        return law.choices[found]
    return rounded(found, *getattr(law, law.law)) if isinstance(found, float) else found
