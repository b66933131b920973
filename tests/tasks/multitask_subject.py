"""A subject of the fifteen tasks, who sees one trial at a time and follows the words of the papers."""

import numpy as np
from ruamel.yaml import YAML

from ctdspec.resources import shipped
from ctdspec.tasks.multitask import MultiTask

FIELDS = YAML(typ="safe").load((shipped("specs") / "tasks/multitask.yaml").read_text())
RULES = FIELDS["rules"]
CUED = {
    "DelayPro", "DelayAnti", "MemoryPro", "MemoryAnti", "IntMod1", "IntMod2", "ContextIntMod1",
    "ContextIntMod2", "ContextIntMultimodal",
}  # fmt: skip
MATCHING = ("Match2Sample", "NonMatch2Sample", "MatchCatPro", "MatchCatAnti")


def multitask(**changes):
    return MultiTask(**FIELDS | changes)


def of_rule(trials, *names):
    return np.flatnonzero(np.isin(trials.condition, [RULES.index(name) for name in names]))


def stimuli_of(shown):
    """Give the stimuli of a trial in the order of their onsets: onset, direction, strength by modality."""
    vectors = shown[:, 1:5].reshape(-1, 2, 2)
    found, before = [], np.zeros((2, 2))
    for t, now in enumerate(vectors):
        if np.any(now) and not np.array_equal(now, before):
            strongest = now[np.argmax(np.hypot(*now.T))]
            found.append((t, np.arctan2(strongest[1], strongest[0]), np.hypot(*now.T)))
        before = now
    return found


def same_direction(one, other):
    return np.cos(one - other) > 1 - 1e-6


def response_of(rule, stimuli):
    """Give the direction that a rule asks for, None for no response, in the words of the papers."""
    (_, first, strength), (_, last, last_strength) = stimuli[0], stimuli[-1]
    difference = strength - last_strength
    different_halves = (first > 0) != (last > 0)
    match rule:
        case "DelayPro" | "MemoryPro" | "ReactPro":
            return first
        case "DelayAnti" | "MemoryAnti" | "ReactAnti":
            return first + np.pi
        case "IntMod1" | "ContextIntMod1":
            return first if difference[0] > 0 else last
        case "IntMod2" | "ContextIntMod2":
            return first if difference[1] > 0 else last
        case "ContextIntMultimodal":
            return first if difference.sum() > 0 else last
        case "Match2Sample":
            return last if same_direction(first, last) else None
        case "NonMatch2Sample":
            return last if same_direction(first, last + np.pi) else None
        case "MatchCatPro":
            return None if different_halves else last
        case "MatchCatAnti":
            return last if different_halves else None


def answer_of(shown):
    """Give what the network should do in one trial, (time, output), from what it is shown alone."""
    rule = RULES[int(np.argmax(shown[0, 5:]))]
    stimuli = stimuli_of(shown)
    go = np.flatnonzero(shown[:, 0] == 0)[0] if rule in CUED else stimuli[-1][0]
    direction = response_of(rule, stimuli)
    answer = np.zeros((len(shown), 3))
    answer[:, 0] = 1
    if direction is not None:
        answer[go:] = [0, np.cos(direction), np.sin(direction)]
    return answer, go


def answers_to(trials, subject):
    outputs = np.zeros(trials.targets.shape)
    for trial, valid in enumerate(trials.valid):
        outputs[trial, valid] = subject(trials.stimulus[trial, valid])
    return outputs
