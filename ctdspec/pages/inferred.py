"""What the methods answered for the trials that are drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from ctdspec.errors import SubmissionError
from ctdspec.metrics.linear_map import fit_linear_map, moments_by_fold
from ctdspec.pages.declared import value_text
from ctdspec.pages.principal import PrincipalAxes
from ctdspec.pages.style import Pen
from ctdspec.store.layout import DatasetFolder
from ctdspec.submissions.answer import Answer
from ctdspec.submissions.expected import Expected
from ctdspec.submissions.file import read_answer


@dataclass(frozen=True)
class Train:
    """The true latents (trial, time, latent) and valid bins (trial, time) of the train trials."""

    latents: np.ndarray
    valid: np.ndarray


@dataclass(frozen=True)
class Inferred:
    """One method's answer, as far as it is drawn.

    Attributes
    ----------
    name : str
    pen : Pen
    rates_hz : (trial, time, neuron) float32, optional
        None if there is no answer that can be read.
    components : (trial, time, component), optional
        States in the truth's principal components, by the map that `state_recall` scores.
        None without states.
    parameters : pairs of name and value
        What the method says it chose.
    problem : str
        Why something is missing; empty if nothing is.
    """

    name: str
    pen: Pen
    rates_hz: np.ndarray | None = None
    components: np.ndarray | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def read_inferred(
    folder: DatasetFolder,
    name: str,
    pen: Pen,
    expected: Expected,
    train: Train,
    axes: PrincipalAxes,
    n_trials: int,
) -> Inferred:
    """Read a method's answer and keep its first `n_trials` test trials.

    An answer that is missing or unreadable becomes the `problem`; it is not an error of the page.
    """
    if folder.failure(name).exists():
        why = json.loads(folder.failure(name).read_text(encoding="utf-8"))["why"]
        return Inferred(name, pen, problem=f"it failed: {' '.join(why.split())}")
    try:
        answer = read_answer(folder.submission(name), expected)
    except SubmissionError as error:
        # The first line says what; it also says where, in a path that means nothing to another reader.
        reason = str(error).splitlines()[0].replace(f"{folder.path}/", "")
        return Inferred(name, pen, problem=f"no answer to draw: {reason}")
    components = _components(answer, train, axes, n_trials)
    return Inferred(
        name=name,
        pen=pen,
        rates_hz=answer.splits["test"].rates_hz[:n_trials].copy(),
        components=components,
        parameters=tuple((key, value_text(value)) for key, value in answer.parameters.items()),
        problem="" if components is not None else "it gives rates but no states",
    )


def _components(answer: Answer, train: Train, axes: PrincipalAxes, n_trials: int) -> np.ndarray | None:
    """Map the states onto the true latents, and project them."""
    states = answer.splits["test"].states
    if states is None or "train" not in answer.splits or answer.splits["train"].states is None:
        return None
    n_latents = train.latents.shape[2]
    folds = moments_by_fold((train.latents, answer.splits["train"].states), train.valid)
    fitted = fit_linear_map(folds, predictors=slice(n_latents, None), targets=slice(0, n_latents))
    return axes.project(fitted(states[:n_trials].astype(float)))
