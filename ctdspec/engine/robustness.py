"""How robust the trained system of a dataset is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.analysis import UNDISTURBED, RobustnessAnalysis, robustness_fact
from ctdspec.dynamics.robustness import Asked, respond, with_disturbed_inputs, with_disturbed_structure
from ctdspec.seeds import stream
from ctdspec.store.groups import Group
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth
from ctdspec.submissions.answer import SPLITS
from ctdspec.systems.trained_network import TrainedNetwork


@dataclass(frozen=True)
class Robustness:
    """Errors in percent of that of the best constant outputs.

    Attributes
    ----------
    wanted
        The strengths of the disturbances.
    undisturbed
        The error without any.
    inputs, structure : (strength, draw) float64
        The errors with disturbed inputs, and with disturbed weights.
    """

    wanted: RobustnessAnalysis
    undisturbed: float
    inputs: np.ndarray
    structure: np.ndarray


def robustness(
    folder: DatasetFolder, network: TrainedNetwork, wanted: RobustnessAnalysis, seed: int
) -> Robustness:
    """Disturb a network on the train trials of its dataset."""
    asked = _asked(folder, wanted.trials)
    rewirable = network.rewirable
    assert rewirable is not None, "the spec was checked"

    def rng(what: str, strength: float) -> np.random.Generator:
        return stream(seed, f"analysis/robustness/{what}/{strength:g}")

    return Robustness(
        wanted,
        asked.error_percent(respond(network, asked.inputs, rng("none", 0))),
        np.stack(
            [
                with_disturbed_inputs(network, asked, strength, wanted.draws, rng("inputs", strength))
                for strength in wanted.inputs
            ]
        ),
        np.stack(
            [
                with_disturbed_structure(rewirable, asked, strength, wanted.draws, rng("structure", strength))
                for strength in wanted.structure
            ]
        ),
    )


def _asked(folder: DatasetFolder, n_trials: int) -> Asked:
    """Read what the first train trials show and ask for."""
    truth = open_truth(folder.truth)
    trials = np.flatnonzero(truth["split"].to_numpy() == SPLITS.index("train"))[:n_trials]
    return Asked(*(truth[name].isel(trial=trials).to_numpy() for name in ("inputs", "targets", "scored")))


def robustness_group(found: Robustness) -> Group:
    """Give the errors as they are stored."""
    return Group(
        {
            "input_strength": (("input_strength",), np.array(found.wanted.inputs)),
            "structure_strength": (("structure_strength",), np.array(found.wanted.structure)),
            "inputs_percent": (("input_strength", "draw"), found.inputs),
            "structure_percent": (("structure_strength", "draw"), found.structure),
        },
        {"undisturbed_percent": found.undisturbed},
    )


def robustness_facts(found: Robustness) -> dict[str, float]:
    """Give the facts that `RobustnessAnalysis.fact_names` names."""
    facts = {UNDISTURBED: found.undisturbed}
    for what, strengths, errors in (
        ("inputs", found.wanted.inputs, found.inputs),
        ("structure", found.wanted.structure, found.structure),
    ):
        for strength, drawn in zip(strengths, errors, strict=True):
            name = robustness_fact(what, strength)
            facts |= {name: float(drawn.mean()), f"{name}_sd": float(drawn.std(ddof=1))}
    return facts
