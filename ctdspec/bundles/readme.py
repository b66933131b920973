"""The text that goes with a bundle."""

from __future__ import annotations

from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Public

_TEXT = """\
{title}
{rule}
Dataset {name}, digest {digest}.
Format {format}, for {audience}. Made by ctdspec {version}.

{n_trials}.
{n_bins} bins of {bin_s:g} s per trial; {held_in} held-in neurons, which all splits show, and {held_out}
held-out neurons, which the test split hides.{ahead}

What is here
------------
{files}
bundle.json: digests of the dataset and of every file; `sha256sum --check SHA256SUMS` checks the files.

How to answer
-------------
{how_to_answer}
"""
_AHEAD = """
The recording of each test trial ends {} bins before the trial does; an answer predicts all neurons there."""
_ORGANISER = """\
organiser/ is for the organiser alone: do not hand it on. It holds
{files}"""


def readme(layout: Format, public: Public, for_organiser: bool, version: str) -> str:
    """Say what is what in a bundle, in which units, and how to answer."""
    recording = public.recording
    parts = [layout.public_files]
    if for_organiser:
        parts.append(_ORGANISER.format(files=layout.organiser_files))
    return _TEXT.format(
        title=public.title,
        rule="=" * len(public.title),
        name=public.name,
        digest=recording.dataset,
        format=layout.name,
        audience="the organiser" if for_organiser else "the public",
        version=version,
        n_trials="Trials: "
        + ", ".join(f"{len(split.valid)} {name}" for name, split in recording.splits.items()),
        n_bins=recording.splits["train"].valid.shape[1],
        bin_s=recording.bin_s,
        held_in=recording.held_in.sum(),
        held_out=recording.held_out.sum(),
        ahead=_AHEAD.format(recording.n_forward) if recording.n_forward else "",
        files="\n".join(parts),
        how_to_answer=layout.how_to_answer,
    )
