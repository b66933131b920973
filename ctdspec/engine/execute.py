"""Doing the steps of a plan that are not done yet."""

from __future__ import annotations

import errno
import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ctdspec.atomic import recover_all
from ctdspec.engine.blocks import BLOCK_TRIALS
from ctdspec.engine.exclusive import exclusive
from ctdspec.engine.ledger import Done, Ledger
from ctdspec.engine.log import Log
from ctdspec.engine.reread import Reread
from ctdspec.engine.step import Site, Step, StepId, key_without
from ctdspec.engine.workers import InProcess, Workers
from ctdspec.errors import StorageError
from ctdspec.store.layout import DatasetFolder
from ctdspec.track import Track, silent

CHUNK_TRIALS = 4 * BLOCK_TRIALS
"""Trials that are in memory at a time, unless the user wants otherwise."""


@dataclass(frozen=True)
class Settings:
    """How a plan is executed; no result depends on it."""

    chunk_trials: int = CHUNK_TRIALS
    """Trials that are in memory at a time."""
    workers: Workers = field(default_factory=InProcess)
    track: Track = silent
    """Told how far it is."""
    log: Log = field(default_factory=lambda: Log(None))
    profiles: Path | None = None
    """Where a profile of every step goes; None for none."""


@dataclass(frozen=True)
class Failure:
    """A step that gave no result, and that others went on without."""

    dataset: str
    step: str
    why: str


def execute(plan: Sequence[Step], out: Path, settings: Settings, is_whole: bool = False) -> list[Failure]:
    """Do every step that is not done, each after those it needs; give those that failed.

    A step whose twin (equal name and key) is done in another dataset of the plan takes over its files. What
    a step is about to read is compared with its digests first, and made again if it was damaged.

    Parameters
    ----------
    plan
        The steps, each after those it needs.
    out
        The folder that the folders of datasets are in.
    settings
        Who does the work, and who is told.
    is_whole
        Whether the plan has every step of its datasets, so that others in their manifests are to be dropped.

    Raises
    ------
    CtdspecError
        Of the first step that others cannot go on without. What is done is kept.
    """
    out = Path(out).absolute()
    with _saying_what_to_do(out), exclusive(out, {Path(step.dataset).parts[0] for step in plan}):
        execution = _Execution(plan, out, settings)
        failures = execution.run()
        if is_whole:
            execution.forget_others()
        return failures


class _Execution:
    """The state of one execution: which steps wait for what."""

    def __init__(self, plan: Sequence[Step], out: Path, settings: Settings) -> None:
        self.plan, self.out, self.settings = list(plan), out, settings
        self.n_datasets = len({step.dataset for step in plan})
        self.number = {step.id: number for number, step in enumerate(plan)}
        self.ledgers: dict[str, Ledger] = {}
        self.waits_for = {step.id: set(step.needs) for step in plan}
        self.waiting: dict[StepId, set[StepId]] = {}
        """Who waits for a step."""
        for step in plan:
            for need in step.needs:
                self.waiting.setdefault(need, set()).add(step.id)
        self.ready = [number for number, step in enumerate(plan) if not step.needs]
        """Numbers of the steps that may start: a heap, for the order of the plan."""
        self.keys: dict[StepId, str] = {}
        """Of the steps that are running."""
        self.makers: dict[tuple[str, str], StepId] = {}
        """Which step has made, or is making, the files of a name and a key."""
        self.reread = Reread()
        self.sound: set[StepId] = set()
        """Steps whose files are known to be what they made."""
        self.damaged: set[StepId] = set()
        self.failed: dict[StepId, str] = {}
        self.left_out: set[StepId] = set()

    def run(self) -> list[Failure]:
        track = self.settings.track if self.n_datasets > 1 else silent
        doing = f"{len(self.plan)} steps in {self.n_datasets} datasets"
        for _ in track(self._settled(), doing, len(self.plan)):
            pass
        return [Failure(*step, why) for step, why in self.failed.items()]

    def forget_others(self) -> None:
        """Drop what is in the manifests and not in the plan."""
        names: dict[str, set[str]] = {}
        for step in self.plan:
            names.setdefault(step.dataset, set()).add(step.name)
        for dataset, ledger in self.ledgers.items():
            ledger.keep_only(names[dataset])

    def _settled(self) -> Iterator[StepId]:
        """Yield every step when it is done, or known not to be possible."""
        workers = self.settings.workers
        while self.ready or self.keys:
            while self.ready and workers.has_room(len(self.keys)):
                yield from self._take(self.plan[heapq.heappop(self.ready)])
            if self.keys:
                step, done = workers.next()
                yield from self._finish(step, done)

    def _take(self, step: Step) -> Iterator[StepId]:
        """Start a step, unless it is done, or has to wait for its twin or for what it needs."""
        key, ledger = key_without(step, self.failed, self.left_out), self._ledger(step.dataset)
        maker = self.makers.setdefault((step.name, key), step.id)
        is_twin = maker not in {step.id, *self.failed, *self.left_out} and step.id not in self.damaged
        if step.id not in self.damaged and ledger.is_done(step.name, key):
            self.settings.log.say("kept", step)
            yield from self._settle(step.id)
        elif step.optional and not is_twin:
            self._leave_out(step)
            yield from self._settle(step.id)
        elif is_twin and maker in self.keys:
            self._wait(step.id, {maker})
        elif damaged := self._damaged({maker} if is_twin else set(step.needs)):
            self._repeat(damaged)
            self._wait(step.id, damaged)
        elif is_twin:
            ledger.adopt(step, key, self._ledger(maker[0]))
            self.settings.log.say("shared", step, of=maker[0])
            yield from self._settle(step.id)
        else:
            self._start(step, key)

    def _leave_out(self, step: Step) -> None:
        """Go on without an optional step that is not done, as without one that failed."""
        self.left_out.add(step.id)
        self._ledger(step.dataset).forget(step.name)

    def _start(self, step: Step, key: str) -> None:
        settings = self.settings
        track = settings.track if self.n_datasets == 1 else silent
        site = Site(self.out, step.dataset, settings.chunk_trials, track, settings.profiles)
        self.keys[step.id] = key
        settings.log.say("started", step)
        settings.workers.start(step, site)

    def _finish(self, step: Step, done: Done) -> Iterator[StepId]:
        self._ledger(step.dataset).record(step, self.keys.pop(step.id), done)
        self.sound.add(step.id)
        self.damaged.discard(step.id)
        about = {"seconds": round(done.seconds, 3), "peak_bytes": done.peak_bytes}
        if done.failure:
            self.failed[step.id] = done.failure
            self.settings.log.say("failed", step, why=done.failure, **about)
        else:
            self.settings.log.say("done", step, **about)
        yield from self._settle(step.id)

    def _settle(self, step: StepId) -> Iterator[StepId]:
        """Let go those that waited for a step."""
        for other in sorted(self.waiting.pop(step, ()), key=self.number.__getitem__):
            self.waits_for[other].discard(step)
            if not self.waits_for[other]:
                heapq.heappush(self.ready, self.number[other])
        yield step

    def _wait(self, step: StepId, others: set[StepId]) -> None:
        self.waits_for[step] |= others
        for other in others:
            self.waiting.setdefault(other, set()).add(step)

    def _damaged(self, steps: set[StepId]) -> set[StepId]:
        """Read again what is about to be used, and say whose files are not what was made."""
        unknown = steps - self.sound - set(self.failed) - self.left_out
        damaged = {step for step in unknown if not self._ledger(step[0]).is_intact(step[1], self.reread)}
        self.sound |= unknown - damaged
        return damaged

    def _repeat(self, damaged: set[StepId]) -> None:
        for need in damaged - self.damaged:
            self.damaged.add(need)
            self.settings.log.say("damaged", self.plan[self.number[need]])
            heapq.heappush(self.ready, self.number[need])

    def _ledger(self, dataset: str) -> Ledger:
        if dataset not in self.ledgers:
            recover_all(self.out / dataset)
            self.ledgers[dataset] = Ledger(DatasetFolder(self.out / dataset))
        return self.ledgers[dataset]


_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def _saying_what_to_do(out: Path) -> Iterator[None]:
    """Turn what the file system refuses into a message.

    Raises
    ------
    StorageError
        In the place of an OSError.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or out
        if error.errno in _FULL:
            advice = "the disk is full; make room, or give another folder with --out"
        elif error.errno in _FORBIDDEN:
            advice = "it may not be written; give another folder with --out, or the right to write there"
        else:
            raise
        raise StorageError(
            f"{place}: {advice}; nothing is half-written, and the same command goes on"
        ) from error
