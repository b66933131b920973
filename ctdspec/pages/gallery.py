"""Which pictures a page shows, and what it says about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.references import CHANCE, ORACLE
from ctdspec.pages.figures.components import draw_components
from ctdspec.pages.figures.explained import draw_explained
from ctdspec.pages.figures.mean_rates import draw_mean_rates
from ctdspec.pages.figures.projections import draw_projections
from ctdspec.pages.figures.raster import draw_raster, draw_signals
from ctdspec.pages.figures.rates import draw_rates
from ctdspec.pages.figures.scores import draw_scores
from ctdspec.pages.figures.task_trial import MOST_CHANNELS, draw_task_trial
from ctdspec.pages.picture import Picture
from ctdspec.pages.scene import Scene
from ctdspec.pages.style import TRUTH, Pen
from ctdspec.results.score_record import ScoreRecord

N_TASK_TRIALS = 2
N_CONDITION_TRIALS = 6
"""Trials of a task that are drawn if it has conditions."""
N_RASTERS = 3
N_COMPONENT_TRIALS = 3
N_TRAJECTORIES = 10
N_NEURONS = 3
"""Neurons of each group whose rates are drawn."""


def score_picture(metric: str, rows: Sequence[ScoreRecord], pens: dict[str, Pen]) -> Picture:
    """Draw the scores of one metric."""
    known = METRICS.get(metric)
    unit = "" if known is None or known.unit == "1" else f" ({known.unit})"
    values = "; ".join(
        f"{row.method} {'undefined' if row.value is None else f'{row.value:.3f}'}" for row in rows
    )
    judged = [row for row in rows if row.method not in (ORACLE, CHANCE)]
    return Picture.of(
        draw_scores(judged, rows[0], pens, f"{metric}{unit}"),
        title=known.title if known else metric,
        alt=f"Dots with 95 % intervals for {metric}: {values}.",
        caption=known.summary if known else "",
    )


def task_pictures(scene: Scene, benchmark: Benchmark) -> Iterator[Picture]:
    """Draw trials of a task; none for a system that is shown nothing and asked nothing."""
    shown = scene.examples
    names = benchmark.task.input_names, benchmark.task.output_names
    if not shown.stimulus.shape[2] + shown.outputs.shape[2]:
        return
    n_trials = N_CONDITION_TRIALS if shown.conditions else N_TASK_TRIALS
    for trial, number in enumerate(shown.numbers[:n_trials]):
        condition = f", {shown.conditions[trial]}" if shown.conditions else ""
        yield Picture.of(
            draw_task_trial(
                shown.time_s,
                (shown.stimulus[trial], shown.inputs[trial]),
                (shown.targets[trial], shown.outputs[trial]),
                names,
            ),
            title=f"Trial {number}{condition}",
            alt=f"Trial {number}{condition}: stimulus of {len(names[0])} inputs over time, and targets and "
            f"outputs of {len(names[1])} outputs.",
            caption=_first_of(len(names[0]), "inputs") + _first_of(len(names[1]), "outputs"),
        )


def _first_of(n: int, what: str) -> str:
    return f"The first {MOST_CHANNELS} of {n} {what}. " if n > MOST_CHANNELS else ""


def recording_pictures(scene: Scene) -> Iterator[Picture]:
    """Draw spikes of some trials, and how fast neurons fire."""
    shown = scene.examples
    for trial, number in enumerate(shown.numbers[:N_RASTERS]):
        n_bins = int(shown.valid[trial].sum())
        if shown.signals is not None:
            yield Picture.of(
                draw_signals(shown.signals[trial, :n_bins], shown.held_out, n_bins * shown.bin_s),
                title=f"Signals, trial {number}",
                alt=f"Signals of {len(shown.held_out)} neurons, {shown.held_out.sum()} of them held out.",
                caption="One row per neuron; darker is a higher signal, from its least to its greatest.",
            )
            continue
        spikes = shown.spikes[trial, :n_bins]
        yield Picture.of(
            draw_raster(spikes, shown.held_out, n_bins * shown.bin_s),
            title=f"Spikes, trial {number}",
            alt=f"Raster of {spikes.sum()} spikes of {spikes.shape[1]} neurons, "
            f"{shown.held_out.sum()} of them held out.",
            caption=f"One row per neuron, one bin of {shown.bin_s:g} s per column; darker is more spikes.",
        )
    mean_hz = shown.mean_hz
    yield Picture.of(
        draw_mean_rates(mean_hz, shown.held_out),
        title="Mean rates",
        alt=f"Histogram of mean rates: {mean_hz.min():.2g} to {mean_hz.max():.3g} Hz, "
        f"median {np.median(mean_hz):.2g} Hz.",
        caption="Spikes per second of each neuron over all test trials."
        if shown.signals is None
        else "Mean true rate of each neuron over all test trials.",
    )


def rate_pictures(scene: Scene) -> Iterator[Picture]:
    """Draw true and inferred rates in the first test trial, of slow, middling and fast neurons."""
    shown = scene.examples
    for held_out in (True, False):
        for neuron in spread_over(shown.mean_hz, shown.held_out == held_out):
            group = "held-out" if held_out else "held-in"
            yield Picture.of(
                draw_rates(
                    shown.time_s,
                    shown.rates_hz[0, :, neuron],
                    {method.pen: rates[0, :, neuron] for method, rates in scene.with_rates()},
                    shown.spikes[0, :, neuron],
                ),
                title=f"Neuron {neuron}, {group}, {shown.mean_hz[neuron]:.1f} Hz",
                alt=f"Rate of {group} neuron {neuron} in trial {shown.numbers[0]} over time: the truth and "
                f"what {_listed([m.name for m, _ in scene.with_rates()])} inferred.",
            )


def spread_over(mean_hz: np.ndarray, chosen: np.ndarray) -> list[int]:
    """Give up to `N_NEURONS` of the chosen neurons, evenly spread over the order of their mean rates."""
    ranked = np.flatnonzero(chosen)[np.argsort(mean_hz[chosen], kind="stable")]
    n = min(N_NEURONS, len(ranked))
    return [int(ranked[len(ranked) * (2 * place + 1) // (2 * n)]) for place in range(n)]


def component_pictures(scene: Scene) -> Iterator[Picture]:
    """Draw the true latents over time in principal components, mapped states with them, and the shares."""
    names = _listed([method.name for method, _ in scene.with_components()])
    for trial, number in enumerate(scene.examples.numbers[:N_COMPONENT_TRIALS]):
        inferred = {method.pen: components[trial] for method, components in scene.with_components()}
        yield Picture.of(
            draw_components(scene.examples.time_s, scene.components[trial], inferred),
            title=f"Latents, trial {number}",
            alt=f"The first {scene.components.shape[2]} principal components of the latents over time in "
            f"trial {number}: the truth and the mapped states of {names}.",
        )
    running = scene.axes.shares.cumsum()
    yield Picture.of(
        draw_explained(scene.axes.shares),
        title="Dimensions that the truth fills",
        alt=f"Variance explained by principal components; the first {min(3, len(running))} together "
        f"{100 * running[:3][-1]:.1f} %.",
        caption=f"Of {len(running)} latents over the train trials.",
    )


def projection_pictures(scene: Scene) -> Iterator[Picture]:
    """Draw trajectories of the truth and of each method; none for a system of one dimension."""
    if scene.components.shape[2] < 2:
        return
    true = scene.components[:N_TRAJECTORIES]
    everyone: list[tuple[str, str, np.ndarray | None]] = [("truth", TRUTH, None)]
    everyone += [(method.name, method.pen.colour, drawn) for method, drawn in scene.with_components()]
    for name, colour, components in everyone:
        drawn = None if components is None else components[:N_TRAJECTORIES]
        yield Picture.of(
            draw_projections(drawn, true, colour),
            title=name,
            alt=f"Trajectories of {len(true)} test trials along the first principal components: {name}.",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "no method"
