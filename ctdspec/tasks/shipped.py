"""The tasks that files under specs/tasks declare."""

from __future__ import annotations

from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.spec.component import kinds
from ctdspec.spec.document import validate
from ctdspec.spec.load import load
from ctdspec.spec.problem import SpecError, did_you_mean
from ctdspec.spec.resolve import Library, resolve
from ctdspec.tasks.task import Task


def shipped_task_names() -> list[str]:
    """Give the names of the files."""
    return sorted(path.stem for path in (shipped("specs") / "tasks").glob("*.yaml"))


def read_task(name: str) -> Task:
    """Read a shipped task.

    Raises
    ------
    UsageError
        If there is none of this name.
    SpecError
        If it cannot be set up here, e.g. for want of a package.
    """
    if name not in (names := shipped_task_names()):
        hint = did_you_mean(name, names) or f"shipped are: {', '.join(names)}"
        raise UsageError(f"there is no shipped task {name!r}; {hint}")
    specs = shipped("specs")
    document, problems = load(specs / "tasks" / f"{name}.yaml")
    document, unresolved = resolve(document, Library((specs,)))
    content = document.plain()
    assert isinstance(content, dict), "a shipped task is a mapping"
    task, invalid = validate(document, kinds(Task.family)[content["kind"]])
    if (found := [*problems, *unresolved, *invalid]) or not isinstance(task, Task):
        raise SpecError(found)
    return task


def tasks_of(kind: str) -> dict[str, Task]:
    """Give the shipped tasks of a kind by name; left out are those that cannot be set up here."""
    found = {name: _read_if_possible(name) for name in shipped_task_names()}
    return {name: task for name, task in found.items() if task is not None and task.kind == kind}


def _read_if_possible(name: str) -> Task | None:
    try:
        return read_task(name)
    except SpecError:
        return None
