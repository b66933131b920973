"""Verbs for writing specs: lint, schema, new, list.

What reads specs is imported by the verbs, so that ``ctdspec --help`` need not wait for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdspec.cli.output import Json, say, say_json, say_table

if TYPE_CHECKING:
    pass

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="Path of a spec, or name of a shipped one.")]


def lint(
    specs: Annotated[
        list[str], typer.Argument(metavar="SPEC...", help="Paths of specs, or names of shipped ones.")
    ],
    json: Json = False,
) -> None:
    """Check specs: every problem with its place, and what to do. Exits with 2 if there is any.

    Example: ctdspec lint 3bff my/spec.yaml
    """
    from ctdspec.cli.check import check

    results = [check(spec) for spec in specs]
    if json:
        say_json({"specs": [result.as_dict() for result in results]})
    else:
        for result in results:
            say(str(result))
    raise typer.Exit(0 if all(result.ok for result in results) else 2)


def schema(
    write: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write it to FOLDER/benchmark.json instead."),
    ] = None,
    freeze: Annotated[
        bool, typer.Option("--freeze", help="With --write: also as that of a release.")
    ] = False,
    json: Json = False,
) -> None:
    """Print the JSON Schema of the spec language, which editors use for completion.

    Example: ctdspec schema > benchmark.json
    """
    from ctdspec.benchmark import Benchmark
    from ctdspec.spec.schema import schema_text, write_schema

    if write is None:
        say(schema_text(Benchmark).rstrip())
        return
    paths = [str(path) for path in write_schema(Benchmark, write, freeze)]
    say_json({"written": paths}) if json else say("\n".join(paths))


def new(
    name: Annotated[
        str, typer.Argument(help="Name of the new benchmark: small letters, digits, underscores.")
    ],
    like: Annotated[str, typer.Option(metavar="NAME", help="Shipped benchmark to start from.")] = "3bff",
    folder: Annotated[Path, typer.Option("--in", metavar="FOLDER", help="Where to write it.")] = Path(),
    json: Json = False,
) -> None:
    """Write a commented spec, to be edited, from a shipped one. An existing file is never overwritten.

    Example: ctdspec new my_flip_flop --like 3bff
    """
    from ctdspec.cli.scaffold import scaffold

    path = scaffold(name, like, folder)
    if json:
        say_json({"written": str(path)})
    else:
        say(f"wrote {path}: edit it, then `ctdspec lint {path}`")


def list_all(json: Json = False) -> None:
    """List the shipped benchmarks, and the kinds of every family of components.

    Example: ctdspec list
    """
    from ctdspec.benchmark import load, shipped_names
    from ctdspec.spec.component import families, kinds
    from ctdspec.spec.slot import summary

    benchmarks = {name: load(name).title for name in shipped_names()}
    found = {family: {kind: summary(cls) for kind, cls in kinds(family).items()} for family in families()}
    if json:
        say_json({"benchmarks": benchmarks, "kinds": found})
        return
    say_table("Benchmarks", ["name", "title"], benchmarks.items())
    say("")
    rows = [(family, kind, line) for family, some in found.items() for kind, line in some.items()]
    say_table("Kinds", ["family", "kind", ""], rows)
