"""What ``ctdspec show`` says about a task."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from ctdspec.tasks.about import N_TRIALS, About, Channels, Phase

_WIDTH = 100
_MARGIN = 12
_MOST_NAMES = 24
"""Names that are listed in full; of more, the first and the last."""


def task_page(about: About) -> list[str]:
    """Give the lines of a page about a task."""
    lines = [*wrap(f"task {about.kind}: {about.summary}", _WIDTH)]
    for paragraph in filter(None, about.text.split("\n\n")):
        lines += ["", *wrap(paragraph, _WIDTH)]
    lines += ["", *_entry("trials", [f"up to {about.trial_s:g} s, in bins of {about.bin_s:g} s"])]
    lines += _entry("inputs", _channels(about.inputs))
    lines += _entry("outputs", _channels(about.outputs))
    lines += _entry("conditions", [_listed(about.conditions)] if about.conditions else [])
    lines += _entry("events", [f"{name}: {meaning}" for name, meaning in about.events.items()])
    lines += _entry("phases", [_phase(phase) for phase in about.phases])
    if about.outputs.names:
        measured = f"{about.scored:.0%} of the bins of {N_TRIALS} trials"
        lines += _entry("scored", [measured])
        lines += _entry("accuracy", about.accuracy.split("\n\n"))
    if about.ideal_accuracy is not None:
        lines += _entry("ideal", [f"the best observer is expected to reach {about.ideal_accuracy:.3f}"])
    return lines


def _entry(title: str, texts: Sequence[str]) -> list[str]:
    """Give the lines of texts that stand beside a title; none for no texts."""
    lines = []
    for number, text in enumerate(texts):
        first = f"{title if number == 0 else '':{_MARGIN}}"
        lines += wrap(text, _WIDTH, initial_indent=first, subsequent_indent=" " * (_MARGIN + 2))
    return lines


def _channels(channels: Channels) -> list[str]:
    if not channels.names:
        return ["none"]
    return [f"{_listed(channels.names)}. {channels.meaning}"]


def _listed(names: Sequence[str]) -> str:
    shown = list(names)
    if len(names) > _MOST_NAMES:
        shown = [*names[:3], "…", names[-1]]
    return f"{len(names)}: {', '.join(shown)}"


def _phase(phase: Phase) -> str:
    lasts = f"{phase.shortest_s:.3g}"
    if phase.longest_s > phase.shortest_s:
        lasts += f" to {phase.longest_s:.3g}"
    trials = "all trials" if phase.share == 1 else f"{phase.share:.0%} of trials"
    return f"{phase.name} ({lasts} s, {trials}, {phase.scored:.0%} of it scored): {phase.meaning}"
