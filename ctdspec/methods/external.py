"""Any method there is, as a command."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, field_validator, model_validator

from ctdspec.errors import SubmissionError, UsageError
from ctdspec.methods.method import Given, Method
from ctdspec.methods.program import failure, run_program
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PLACEHOLDERS = ("data", "submission", "seed")
_REQUIRED = ("data", "submission")
Argument = Annotated[str, Field(max_length=4096)]
SourcePath = Annotated[str, Field(min_length=1, max_length=4096)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256)]


class External(Method):
    """A program that reads a bundle of the public data and writes an answer, in any language.

    It runs without a shell, in a temporary folder of its own. It is given nothing that is hidden, and its
    answer is checked like that of a stranger.
    """

    reads: ClassVar[frozenset[Literal["spikes", "signals"]]] = frozenset({"spikes", "signals"})
    looks_ahead: ClassVar[bool] = True

    kind: Literal["external"]
    command: list[Argument] = Field(min_length=1, max_length=256)
    """The program and its arguments. `{data}` stands for the folder of the data, `{submission}` for the file
    to be written, `{seed}` for the seed of the spec; the first two must occur."""
    files: list[SourcePath] = Field(default=[], max_length=256)
    """Files and folders that are copied into the folder in which the command runs, found from where ctdspec
    is started. If one of them changes, the method is fitted again."""
    data_format: Literal["nwb", "nlb", "lfads", "npz", "zarr", "temporaldata"] = "npz"
    """Format of the data, as `ctdspec export` writes it for the public."""
    answer_format: Literal["ctdspec", "lfads", "nlb"] = "ctdspec"
    """Format of the answer: our own, or one of those that `ctdspec import` reads."""
    states: str | None = Field(default=None, min_length=1, max_length=64)
    """Which array of a foreign answer is the state, or `none`; must be left out for our own format."""
    given_inputs: bool | None = None
    """Whether the method uses the stimulus; must be said for a foreign format, which does not tell."""
    env: list[VariableName] = Field(default=[], max_length=256)
    """Names of environment variables that the program sees, beside PATH, HOME and the like."""
    time_limit_s: PositiveFloat = 86400.0
    """Seconds after which the program is ended."""

    @field_validator("command")
    @classmethod
    def _ensure_placeholders(cls, command: list[str]) -> list[str]:
        used = {name for argument in command for name in _PLACEHOLDER.findall(argument)}
        known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
        for name in sorted(used - set(_PLACEHOLDERS)):
            raise ValueError(f"unknown placeholder {{{name}}}; there are {known}")
        for name in _REQUIRED:
            if name not in used:
                raise ValueError(f"{{{name}}} must occur in the command; the placeholders are {known}")
        return command

    @model_validator(mode="after")
    def _ensure_answer_is_understood(self) -> External:
        told = self.states is not None, self.given_inputs is not None
        if self.answer_format == "ctdspec" and any(told):
            raise ValueError("states and given_inputs are for foreign answer formats; ours says both itself")
        if self.answer_format != "ctdspec" and not all(told):
            raise ValueError(
                f"an answer in the format {self.answer_format} does not tell which array is the state, nor"
                " whether the stimulus was used: give `states` (an array's name, or none) and `given_inputs`"
            )
        return self

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files that are copied."""
        return tuple(map(Path, self.files))

    def fit(self, recording: Recording, seed: int) -> Answer:
        """Refuse: a program reads files, which a recording in memory has none of.

        Raises
        ------
        UsageError
            Always.
        """
        raise UsageError(
            f"data model {self.name!r} is a program, which reads files: use `ctdspec fit`, or `answer`"
        )

    def answer(self, given: Given, seed: int) -> Answer:
        """Run the program on a public bundle in a temporary folder, and read what it wrote.

        Raises
        ------
        MethodError
            If it fails, hangs, or writes no answer or a wrong one; with the last lines of its log.
        UsageError
            If one of `files` is missing, or the recording cannot be written in `data_format`.
        """
        with tempfile.TemporaryDirectory(prefix="ctdspec-", ignore_cleanup_errors=True) as folder:
            place = Path(folder).resolve()
            given.write_bundle(place / "data", self.data_format)
            work, submission = place / "work", place / "submission.h5"
            work.mkdir()
            self._copy_files(work)
            command = self._command({"data": place / "data", "submission": submission, "seed": seed})
            run_program(command, work, given.log, self.time_limit_s, self.env)
            if not submission.exists():
                raise failure("ended well, but wrote no file where {submission} said", given.log)
            try:
                answer = self._read(submission, given.recording)
            except (SubmissionError, UsageError) as error:
                told = str(error).replace(str(submission), "the file")
                raise failure(f"wrote an answer that cannot be scored ({told})", given.log) from error
        return replace(answer, method=self.name)

    def _command(self, values: dict[str, Path | int]) -> list[str]:
        """Give the command with its placeholders filled in."""
        return [_PLACEHOLDER.sub(lambda found: str(values[found[1]]), part) for part in self.command]

    def _copy_files(self, work: Path) -> None:
        for source in self.sources:
            if source.is_dir():
                shutil.copytree(source, work / source.resolve().name)
            elif source.is_file():
                shutil.copy(source, work / source.name)
            else:
                raise UsageError(
                    f"data model {self.name!r}, files: there is no {source}; start ctdspec where it is found,"
                    " or give its whole path"
                )

    def _read(self, submission: Path, recording: Recording) -> Answer:
        from ctdspec.submissions.file import read_answer
        from ctdspec.submissions.importers.importer import import_answer

        if self.answer_format == "ctdspec":
            return read_answer(submission, recording.expected)
        splits = import_answer(submission, self.answer_format, recording.target, self.states)
        return Answer(self.name, recording.dataset, splits, given_inputs=bool(self.given_inputs))
