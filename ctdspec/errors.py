"""What can go wrong, one class per exit code, worded for the person who will read it."""

from __future__ import annotations


class CtdspecError(Exception):
    """A problem that the user can mend; the message says where, what was found and what to do."""

    exit_code = 1


class UsageError(CtdspecError):
    """A command or a function was called in a way it does not allow."""

    exit_code = 2


class StorageError(UsageError):
    """A folder cannot be written to, or its disk is full."""


class DatasetError(CtdspecError):
    """A dataset, or one of its files, is missing, damaged or not the one asked for."""

    exit_code = 3


class SubmissionError(CtdspecError):
    """An answer to a dataset cannot be read or does not fit it."""

    exit_code = 3


class MethodError(CtdspecError):
    """A data model could not answer: its program failed, hung, or wrote nothing that can be scored."""

    exit_code = 3


class TrainingError(CtdspecError):
    """Training ended without reaching the bar that the spec sets."""

    exit_code = 4
