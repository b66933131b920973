"""What the parts of a benchmark's spec have to agree on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ctdspec.claims.sense import Scope, ensure_sense
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.references import CHANCE, ORACLE, REFERENCES
from ctdspec.observation.circuit import ensure_realised
from ctdspec.spec.explain import unknown_name
from ctdspec.spec.placed import at

if TYPE_CHECKING:
    from ctdspec.benchmark import Benchmark


def ensure_agreement(benchmark: Benchmark) -> None:
    """Raise ValueError at the first rule that does not hold, placed at the part that is to be changed."""
    for rule in _RULES:
        rule(benchmark)


def _system_serves_task(benchmark: Benchmark) -> None:
    with at("system"):
        benchmark.system.ensure_serves(benchmark.task)


def _trials_end_within_the_task(benchmark: Benchmark) -> None:
    with at("trials", "forward_s"):
        benchmark.trials.ensure_fits(benchmark.task.bin_s, benchmark.task.n_bins)


def _metrics_have_bins_ahead(benchmark: Benchmark) -> None:
    for number, metric in enumerate(benchmark.metrics):
        with at("metrics", number):
            if "forward" in METRICS[metric].needs and benchmark.trials.forward_s is None:
                raise ValueError(
                    f"metric {metric} needs bins that the test recording leaves out; declare"
                    " trials.forward_s, or leave the metric out"
                )


def _system_is_observed(benchmark: Benchmark) -> None:
    with at("observation"):
        benchmark.observation.ensure_sees(benchmark.system.n_latents)


def _states_are_there(benchmark: Benchmark) -> None:
    wanted, there = benchmark.observation.noise.discrete_states, benchmark.system.discrete_states
    with at("observation", "noise"):
        if wanted is not None and wanted != there:
            raise ValueError(
                f"coupling.states is {wanted}, but the system has {there or 'no'} discrete states; take a"
                " markov_chain with as many dwell_s, or leave states out"
            )


def _rates_are_realised(benchmark: Benchmark) -> None:
    with at("observation", "noise"):
        ensure_realised(benchmark.observation, benchmark.task.bin_s, benchmark.seed)


def _session_exists(benchmark: Benchmark) -> None:
    sessions, session = benchmark.observation.sessions, benchmark.session
    names = sessions.names if sessions else []
    with at("session"):
        if session is not None and session not in names:
            known = f"there are {', '.join(names)}" if names else "observation.sessions declares none"
            raise ValueError(f"there is no session {session!r}: {known}")


def _methods_read_the_recording(benchmark: Benchmark) -> None:
    noise = benchmark.observation.noise
    for number, method in enumerate(benchmark.data_models):
        with at("data_models", number):
            if noise.records not in method.reads:
                raise ValueError(
                    f"data model {method.name!r} reads {' or '.join(sorted(method.reads))}, but noise"
                    f" {noise.kind} records {noise.records}; take another model, or another noise"
                )


def _metrics_have_spikes(benchmark: Benchmark) -> None:
    noise = benchmark.observation.noise
    for number, metric in enumerate(benchmark.metrics):
        with at("metrics", number):
            if "spikes" in METRICS[metric].needs and noise.records != "spikes":
                raise ValueError(
                    f"metric {metric} needs spikes, but noise {noise.kind} records {noise.records};"
                    " leave it out"
                )


def _analysis_fits(benchmark: Benchmark) -> None:
    with at("analysis"):
        if benchmark.analysis is not None:
            system, n_inputs = benchmark.system, len(benchmark.task.input_names)
            benchmark.analysis.ensure_fits(n_inputs, system.is_rewirable, system.linear_units)


def _metrics_are_analysed(benchmark: Benchmark) -> None:
    analysis = benchmark.analysis
    analysed = {
        "fixed_points": ("fixed_points", analysis and analysis.fixed_points),
        "exponents": ("lyapunov", analysis and analysis.lyapunov),
    }
    for number, metric in enumerate(benchmark.metrics):
        with at("metrics", number):
            for need, (key, there) in analysed.items():
                if need in METRICS[metric].needs and not there:
                    raise ValueError(
                        f"metric {metric} needs the {need} of the true system, which are not looked for;"
                        f" declare analysis.{key}, or leave the metric out"
                    )


def _ceilings_are_known(benchmark: Benchmark) -> None:
    trials = benchmark.trials
    with at("ceilings"):
        if benchmark.ceilings is not None:
            benchmark.ceilings.ensure_fits(benchmark.observation, trials.train, trials.test)


def _claims_make_sense(benchmark: Benchmark) -> None:
    rows = [method.name for method in benchmark.data_models]
    rows += [*REFERENCES] if benchmark.ceilings else (ORACLE, CHANCE)
    facts = benchmark.analysis.fact_names if benchmark.analysis else ()
    with at("claims"):
        scope = Scope(benchmark.metrics, rows, facts, benchmark.sweep or {})
        ensure_sense(benchmark.claims or [], scope)


def _goal_is_known(benchmark: Benchmark) -> None:
    """Make sure that a data model that a search is to improve has a value to be judged by."""
    if benchmark.search is None:
        return
    goal, observation = benchmark.search.goal, benchmark.observation
    known = {method.name: method for method in benchmark.data_models}
    with at("search", "goal", "of"):
        if goal.of not in known:
            raise unknown_name("data model", goal.of, known)
        if known[goal.of].optional:
            raise ValueError(
                f"{goal.of!r} is fitted only when asked for; write `optional: null` beside its name"
            )
        if observation.noise.records != "spikes" or not observation.n_held_out:
            raise ValueError(f"{goal.metric} needs spikes of held-out neurons, and the observation has none")


_RULES: Sequence[Callable[[Benchmark], None]] = (
    _system_serves_task,
    _trials_end_within_the_task,
    _metrics_have_bins_ahead,
    _system_is_observed,
    _states_are_there,
    _rates_are_realised,
    _session_exists,
    _methods_read_the_recording,
    _metrics_have_spikes,
    _analysis_fits,
    _metrics_are_analysed,
    _ceilings_are_known,
    _claims_make_sense,
    _goal_is_known,
)
