"""Making a submission of what another program wrote."""

from __future__ import annotations

from pathlib import Path

from ctdspec.errors import UsageError
from ctdspec.spec.node import NAME
from ctdspec.store.recording import open_recording
from ctdspec.submissions.answer import Answer
from ctdspec.submissions.file import write_answer
from ctdspec.submissions.importers.importer import import_answer


def import_file(
    source: str | Path,
    layout: str,
    dataset: str | Path,
    to: str | Path,
    method: str,
    states: str | None = None,
    given_inputs: bool = False,
) -> Answer:
    """Write what another program answered as a submission, and give it.

    Parameters
    ----------
    source
        The other program's file.
    layout
        Who wrote it: ``lfads`` or ``nlb``.
    dataset
        Folder of the dataset that it answers.
    to
        The submission; an older file is replaced.
    method
        Name of the method: small letters, digits and _.
    states
        Which array is the state, or ``none``; see `import_answer`.
    given_inputs
        Whether the method was shown the stimulus.

    Raises
    ------
    UsageError
        If there is no such layout or array, or the name is not one.
    SubmissionError
        With everything that is wrong with the file.
    DatasetError
        If the dataset is incomplete.
    """
    if NAME.fullmatch(method) is None or len(method) > 64:
        raise UsageError(f"{method!r} is no name of a method; use small letters, digits and _, at most 64")
    recording = open_recording(dataset)
    splits = import_answer(Path(source), layout, recording.target, states)
    parameters: dict = {"imported_from": layout, "states": states}
    answer = Answer(method, recording.dataset, splits, given_inputs, parameters)
    write_answer(Path(to), answer)
    return answer
