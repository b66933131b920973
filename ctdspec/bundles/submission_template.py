"""An empty answer, to be filled in."""

from __future__ import annotations

from pathlib import Path
from typing import final

import numpy as np

from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public
from ctdspec.submissions.answer import SPLITS, Answer, SplitAnswer
from ctdspec.submissions.file import write_answer


@final
class SubmissionTemplate(Format):
    """An answer with the right shapes and attributes, whose rates are NaN: as it is, it is refused."""

    name = "submission-template"
    takes_signals = True
    public_files = """\
submission_template.h5  S/rates_hz (trial, time, neuron), S one of train, val, test, filled with NaN; the
                        attributes that an answer has"""
    organiser_files = """\
oracle.h5               the truth as an answer: its score is the ceiling, so it can test a scorer"""
    how_to_answer = """\
Overwrite every NaN with a rate in Hz: all neurons, held-in and held-out, in the order of their ids, in every
bin of every trial, also in those at the end of a test trial that its recording leaves out. Set the attribute
`method` to the name of the method (small letters, digits, _),
`parameters` to a JSON object, and `given_inputs` to whether the method was shown the stimulus. The splits
train and val may be deleted, unless states are given: S/states (trial, time, latent) in every split, with the
attribute `track` set to S. Who drives whom may be said in an array `connectivity` (neuron, source neuron)
beside the splits. The whole format is in docs/submissions.md of ctdspec."""

    def write(self, public: Public, folder: Path) -> None:
        """Write the template."""
        recording = public.recording
        n_neurons = len(recording.held_out)
        splits = {
            split: SplitAnswer(np.full((*recording.splits[split].valid.shape, n_neurons), np.nan, np.float32))
            for split in SPLITS
        }
        write_answer(folder / "submission_template.h5", Answer("my_method", recording.dataset, splits))

    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Write the truth as an answer."""
        splits = {
            split: SplitAnswer(hidden.required("rates_hz", split), hidden.required("latents", split))
            for split in SPLITS
        }
        write_answer(folder / "oracle.h5", Answer("oracle", public.recording.dataset, splits))
