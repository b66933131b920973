"""Who does the steps of a plan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import final

from ctdspec.engine.ledger import Done
from ctdspec.engine.step import Site, Step
from ctdspec.engine.work import do


class Workers(ABC):
    """Someone who does steps that are given to them, and hands them back when they are done."""

    @abstractmethod
    def has_room(self, n_running: int) -> bool:
        """Say whether another step should be given to them while so many are with them."""

    @abstractmethod
    def start(self, step: Step, site: Site) -> None:
        """Take a step."""

    @abstractmethod
    def next(self) -> tuple[Step, Done]:
        """Wait for a step that is done.

        Raises
        ------
        CtdspecError, OSError
            What the step raised. The others are not handed back after that.
        """


@final
class InProcess(Workers):
    """The process itself: one step after the other, each of which uses all cores where it can."""

    def __init__(self) -> None:
        self._given: deque[tuple[Step, Site]] = deque()

    def has_room(self, n_running: int) -> bool:
        """Take one step at a time."""
        return n_running == 0

    def start(self, step: Step, site: Site) -> None:
        """Take a step, to do it when it is asked for."""
        self._given.append((step, site))

    def next(self) -> tuple[Step, Done]:
        """Do the step."""
        step, site = self._given.popleft()
        return step, do(step, site)
