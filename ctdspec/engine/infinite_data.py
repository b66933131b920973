"""What is fitted to a part of the true system in infinite data, and which memory it claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.analysis import Analysis
from ctdspec.dynamics.infinite_data import HiddenStatesAnalysis, SeenUnits, StudentAnalysis
from ctdspec.dynamics.lagged import ho_kalman
from ctdspec.dynamics.mechanism import (
    attractor_class,
    line_attractor_score,
    rates_of_steps,
    slowest_time_s,
    time_constants_s,
)
from ctdspec.dynamics.population_student import population_student
from ctdspec.metrics.resting import SLOW
from ctdspec.seeds import stream
from ctdspec.store.groups import Group
from ctdspec.systems.rate_network import RateNetwork

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Teacher:
    """A linear rate network of which infinite data are known.

    Attributes
    ----------
    network
        The true system.
    """

    network: RateNetwork

    @cached_property
    def covariance(self) -> np.ndarray:
        """The stationary covariance (unit, unit), of noise with variance 1 per unit of time."""
        from ctdspec.dynamics.stationary import stationary_covariance

        unit = np.eye(self.network.units)
        return stationary_covariance(self.network.weights.matrix - unit, unit)

    @cached_property
    def rates(self) -> np.ndarray:
        """The rates (mode,) in 1/s: as constructed where that is known."""
        known = self.network.known_eigenvalues_hz()
        if known is not None:
            return known[0]
        return (np.linalg.eigvals(self.network.weights.matrix) - 1) / self.network.time_unit_s

    @cached_property
    def unit_time_s(self) -> float:
        """The median time constant."""
        return float(np.median(time_constants_s(self.rates)))

    @property
    def later_s(self) -> float:
        """From where on a mode is slow, and after which covariances are compared."""
        return SLOW * self.unit_time_s

    def flow(self, duration_s: float) -> np.ndarray:
        """Give the matrix (unit, unit) of what happens to states within a duration."""
        # Pydantic makes frozen nodes hashable, but does not say so.
        return _flow(self.network, duration_s)  # pyright: ignore[reportArgumentType]

    def lagged(self, lag_s: float, n_lags: int, seen: np.ndarray) -> np.ndarray:
        """Give E[x(t + k lag) x(t)ᵀ] of the seen units for k = 0 … n_lags, (lag, seen, seen)."""
        states, found = self.covariance[:, seen], []
        for _ in range(n_lags + 1):
            found.append(states[seen])
            states = self.flow(lag_s) @ states
        return np.stack(found)


@dataclass(frozen=True)
class Fitted:
    """A model of the seen units.

    Attributes
    ----------
    seen : (seen,) int
        Which units.
    rates : (mode,) complex128
        In 1/s, the slowest decay first.
    later_s : float
        About `SLOW` of the teacher's time constants.
    lagged : (seen, seen)
        Its covariance of the seen units with what they were so long before.
    facts
        What else there is to say.
    """

    seen: np.ndarray
    rates: np.ndarray
    later_s: float
    lagged: np.ndarray
    facts: Mapping[str, float] = field(default_factory=dict)


def models_of_parts(benchmark: Benchmark, analysis: Analysis) -> Iterator[tuple[str, Teacher, list[Fitted]]]:
    """Give the models that a spec asks for, by the names that their facts begin with."""
    network, seed = benchmark.system, benchmark.seed
    if not isinstance(network, RateNetwork):
        return
    teacher = Teacher(network)
    if analysis.student is not None:
        yield "student", teacher, students(teacher, analysis.student, benchmark.task.bin_s, seed)
    if analysis.hidden_states is not None:
        yield "hidden_states", teacher, hidden_states(teacher, analysis.hidden_states, seed)


def students(teacher: Teacher, wanted: StudentAnalysis, bin_s: float, seed: int) -> list[Fitted]:
    """Give the network of every number of seen units, in infinite data."""
    make = _continuous if wanted.looks == "continuous" else _in_bins(wanted.noise_share, bin_s)
    return [make(teacher, seen) for seen in chosen(wanted, teacher.network.units, seed)]


def hidden_states(teacher: Teacher, wanted: HiddenStatesAnalysis, seed: int) -> list[Fitted]:
    """Give the model with hidden states of every number of seen units, in infinite data.

    Raises
    ------
    UsageError
        If the covariances have a lower rank than there are to be latents.
    """
    return [_hidden(teacher, wanted, seen) for seen in chosen(wanted, teacher.network.units, seed)]


def chosen(wanted: SeenUnits, units: int, seed: int) -> list[np.ndarray]:
    """Give which units (seen,) are seen, for every number; more random ones contain fewer."""
    order = np.arange(units)
    if wanted.selection == "random":
        order = stream(seed, "analysis/seen").permutation(units)
    if wanted.selection != "contiguous":
        return [np.sort(order[:n]) for n in wanted.seen]
    place = stream(seed, "analysis/seen").random()
    return [order[int(place * (units - n + 1)) :][:n] for n in wanted.seen]


def _continuous(teacher: Teacher, seen: np.ndarray) -> Fitted:
    from scipy.linalg import expm

    from ctdspec.dynamics.stationary import stationary_covariance

    network, unit = teacher.network, np.eye(len(seen))
    own = network.weights.matrix[np.ix_(seen, seen)]
    weights = population_student(network.weights.matrix, teacher.covariance, seen, 0.0)
    seen_covariance = teacher.covariance[np.ix_(seen, seen)]
    error = _distance(weights, own)
    # What is the teacher has the teacher's modes; rounding would move those of a nilpotent matrix.
    is_teacher = len(seen) == network.units and error < _ROUNDING
    rates = teacher.rates if is_teacher else (np.linalg.eigvals(weights) - 1) / network.time_unit_s
    own_covariance = stationary_covariance(weights - unit, unit)
    later = expm((weights - unit) * (teacher.later_s / network.time_unit_s))
    facts = {"moment_mismatch": _distance(own_covariance, seen_covariance), "weights_error": error}
    return Fitted(seen, _slowest_first(rates), teacher.later_s, later @ seen_covariance, facts)


def _in_bins(noise_share: float, bin_s: float) -> Callable[[Teacher, np.ndarray], Fitted]:
    def make(teacher: Teacher, seen: np.ndarray) -> Fitted:
        network = teacher.network
        seen_covariance = teacher.covariance[np.ix_(seen, seen)]
        noise = noise_share * float(np.mean(np.diagonal(seen_covariance)))
        step = population_student(teacher.flow(bin_s), teacher.covariance, seen, noise)
        share = bin_s / network.time_unit_s
        weights = (step - (1 - share) * np.eye(len(seen))) / share
        n_bins = max(1, round(teacher.later_s / bin_s))
        looks = seen_covariance + noise * np.eye(len(seen))
        facts = {"weights_error": _distance(weights, network.weights.matrix[np.ix_(seen, seen)])}
        later = np.linalg.matrix_power(step, n_bins) @ looks
        rates = rates_of_steps(np.linalg.eigvals(step), bin_s)
        return Fitted(seen, rates, n_bins * bin_s, later, facts)

    return make


def _hidden(teacher: Teacher, wanted: HiddenStatesAnalysis, seen: np.ndarray) -> Fitted:
    model = ho_kalman(teacher.lagged(wanted.lag_s, 2 * wanted.blocks, seen), wanted.latents)
    n_lags = max(1, round(teacher.later_s / wanted.lag_s))
    later = model.emission @ np.linalg.matrix_power(model.step, n_lags - 1) @ model.controls
    rates = rates_of_steps(np.linalg.eigvals(model.step), wanted.lag_s)
    return Fitted(seen, rates, n_lags * wanted.lag_s, later)


def model_facts(name: str, teacher: Teacher, models: Sequence[Fitted]) -> dict[str, float]:
    """Give the facts that `ctdspec.dynamics.infinite_data.seen_facts` names, but for those not defined."""
    true_s = slowest_time_s(teacher.rates)
    facts: dict[str, float] = {}
    for model in models:
        slowest = slowest_time_s(model.rates)
        looks = attractor_class(model.rates, teacher.later_s)
        values = {
            "slowest_time_s": slowest,
            "slowness_octaves": float(np.log2(slowest / true_s)),
            "line_attractor_score": line_attractor_score(model.rates),
            "attractor_dimension": looks.dimension,
            "growing_modes": looks.growing,
            "lag_mismatch": _distance(model.lagged, teacher.lagged(model.later_s, 1, model.seen)[1]),
            **model.facts,
        }
        facts |= {f"{name}.seen_{len(model.seen)}.{fact}": value for fact, value in values.items()}
    return {fact: value for fact, value in facts.items() if np.isfinite(value)}


def model_group(models: Sequence[Fitted]) -> Group:
    """Give models as they are stored: a row for each, NaN where one has fewer units or modes than another."""
    rates = _rows([model.rates for model in models])
    return Group(
        {
            "n_seen": (("model",), np.array([len(model.seen) for model in models])),
            "seen": (("model", "unit"), _rows([model.seen.astype(float) for model in models])),
            "rates_real_hz": (("model", "mode"), np.real(rates).copy()),
            "rates_imag_hz": (("model", "mode"), np.imag(rates).copy()),
        }
    )


def _rows(parts: Sequence[np.ndarray]) -> np.ndarray:
    found = np.full((len(parts), max(map(len, parts))), np.nan, parts[0].dtype)
    for row, part in zip(found, parts, strict=True):
        row[: len(part)] = part
    return found


@lru_cache(maxsize=4)
def _flow(network: RateNetwork, duration_s: float) -> np.ndarray:
    from scipy.linalg import expm

    drift = network.weights.matrix - np.eye(network.units)
    return expm(drift * (duration_s / network.time_unit_s))


def _slowest_first(rates: np.ndarray) -> np.ndarray:
    return np.asarray(rates, complex)[np.argsort(-np.real(rates), kind="stable")]


def _distance(found: np.ndarray, expected: np.ndarray) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
