"""The verb that explains specs, tasks and kinds: show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ctdspec.cli.output import Json, in_words, say, say_json, say_table
from ctdspec.errors import UsageError

if TYPE_CHECKING:
    from ctdspec.spec.component import Component

_LONGEST_VALUE = 40
"""Letters of a shipped value that a table shows."""


def show(
    name: Annotated[
        str,
        typer.Argument(metavar="SPEC|TASK|KIND", help="A spec (path or shipped name), a task, or a kind."),
    ],
    kind: Annotated[
        bool, typer.Option("--kind", help="Take the name for a kind, not for a benchmark.")
    ] = False,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Show the steps of a run instead: what is done, what is left to do."),
    ] = False,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="With --plan: the folder that a run would write to.")
    ] = Path("datasets"),
    json: Json = False,
) -> None:
    """Show the resolved form of a spec, what it will cost and what its task is; a task; the fields of a kind.

    A name that is a benchmark and a kind of task, such as multitask, shows both: the task's page is in the
    comments below the spec. --kind adds the fields of the kind.

    Example: ctdspec show 3bff

    Example: ctdspec show 3bff --plan

    Example: ctdspec show flip_flop
    """
    from ctdspec.benchmark import names_a_spec
    from ctdspec.spec.component import families, kinds
    from ctdspec.tasks.shipped import shipped_task_names

    found = {family: kinds(family)[name] for family in families() if name in kinds(family)}
    if kind and not found:
        known = sorted(kind for family in families() for kind in kinds(family))
        raise UsageError(f"there is no kind {name!r}; the kinds are {', '.join(known)}")
    task = name.removeprefix("tasks/")
    if plan:
        from ctdspec.cli.plan import show_plan

        show_plan(name, out, json)
    elif found and (kind or not names_a_spec(name)):
        _show_kinds(name, found, json)
    elif task in shipped_task_names() and (task != name or not names_a_spec(name)):
        _show_task(task, json)
    else:
        _show_spec(name, json)
        if found and not json:
            typer.echo(f"# {name} is also a kind: ctdspec show --kind {name}", err=True)


def _show_spec(source: str, json: bool) -> None:
    from dataclasses import asdict

    from ctdspec.benchmark import load, resolved_yaml
    from ctdspec.cli.task_page import task_page
    from ctdspec.engine.size import data_size
    from ctdspec.spec.digest import digest
    from ctdspec.tasks.about import about

    benchmark = load(source)
    points = benchmark.n_points if benchmark.is_many else None
    size, task = data_size(benchmark), about(benchmark.task)
    if json:
        spec = benchmark.model_dump(mode="json")
        swept = {"points": points} if points else {}
        facts = {"digest": digest(benchmark), "cost": asdict(size), **swept}
        say_json({**facts, "task": asdict(task), "spec": spec})
        return
    say(resolved_yaml(benchmark).rstrip())
    nwb, truth = in_words(size.nwb_bytes, "B"), in_words(size.truth_bytes, "B")
    say(f"# digest {digest(benchmark)}")
    say(f"# {size.trials} trials x {size.bins} bins x {size.neurons} neurons, {in_words(size.spikes)} spikes")
    say(f"# about {nwb} of NWB and {truth} of truth")
    if points:
        say(f"# {points} points, each of about this size")
    say("\n".join(f"# {line}".rstrip() for line in ["", *task_page(task)]))


def _show_task(name: str, json: bool) -> None:
    from dataclasses import asdict

    from ctdspec.cli.task_page import task_page
    from ctdspec.spec.document import write_node
    from ctdspec.tasks.about import about
    from ctdspec.tasks.shipped import read_task

    task = read_task(name)
    told, benchmarks = about(task), _benchmarks_with(task.kind)
    if json:
        say_json({**asdict(told), "spec": task.model_dump(mode="json"), "benchmarks": benchmarks})
        return
    say("\n".join(task_page(told)))
    say(f"benchmarks  {', '.join(benchmarks) or 'none of the shipped ones'}")
    say(f"\nspecs/tasks/{name}.yaml, resolved:\n{write_node(task).rstrip()}")


def _benchmarks_with(kind: str) -> list[str]:
    """Give the names of the shipped benchmarks that set a task of a kind."""
    from ctdspec.benchmark import load, shipped_names

    return [name for name in shipped_names() if load(name).task.kind == kind]


def _show_kinds(name: str, found: dict[str, type[Component]], json: bool) -> None:
    from ctdspec.spec.slot import summary
    from ctdspec.tasks.task import Task

    rows = {family: _leaves_as_dicts(cls) for family, cls in found.items()}
    if json:
        data: dict[str, Any] = {family: {"kind": name, "fields": some} for family, some in rows.items()}
        if Task.family in data:
            data[Task.family] |= _task_data(name)
        say_json(data)
        return
    for family, some in rows.items():
        shipped = _say_task_page(name) if family == Task.family else {}
        table = [(key, shipped.get(key, ""), row["allowed"], row["help"]) for key, row in some.items()]
        headings = ["field", "shipped", "allowed", "meaning"]
        if not shipped:
            headings, table = [headings[0], *headings[2:]], [(key, *row) for key, _, *row in table]
        say_table(f"{family} {name}: {summary(found[family])}", headings, table)


def _task_data(kind: str) -> dict[str, Any]:
    """Give what is known of a kind of task beside its fields: its shipped tasks, and who uses them."""
    from dataclasses import asdict

    from ctdspec.tasks.about import about
    from ctdspec.tasks.shipped import tasks_of

    tasks = {
        name: {**asdict(about(task)), "spec": task.model_dump(mode="json")}
        for name, task in tasks_of(kind).items()
    }
    return {"shipped": tasks, "benchmarks": _benchmarks_with(kind)}


def _say_task_page(kind: str) -> dict[str, str]:
    """Print the page of the shipped task that is named as its kind, or of the first; give its values."""
    from ctdspec.cli.task_page import task_page
    from ctdspec.tasks.about import about
    from ctdspec.tasks.shipped import tasks_of

    tasks = tasks_of(kind)
    shown = kind if kind in tasks else min(tasks, default="")
    if shown:
        say("\n".join(task_page(about(tasks[shown]))))
    say(f"benchmarks  {', '.join(_benchmarks_with(kind)) or 'none of the shipped ones'}")
    files = ", ".join(f"specs/tasks/{name}.yaml (ctdspec show tasks/{name})" for name in tasks)
    say(f"shipped     {files or 'none that can be set up here; it may need a package: see docs/tasks.md'}\n")
    return dict(_values(tasks[shown].model_dump(mode="json"))) if shown else {}


def _values(node: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Give the paths and the values of a node's leaves, as text."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _values(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", "" if value is None else _short(value)


def _short(value: Any) -> str:
    text = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _leaves_as_dicts(cls: type[Component]) -> dict[str, dict[str, str]]:
    from ctdspec.spec.slot import leaves

    left_out = {True: "", False: "; may be left out"}
    return {
        key: {"allowed": f"{slot}{left_out[slot.required]}", "help": " ".join(text.split())}
        for key, slot, text in leaves(cls)
    }
