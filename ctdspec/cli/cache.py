"""Verbs for housekeeping: cache ls, cache prune, cache verify."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ctdspec.cli.output import Json, in_words, say, say_json, say_table
from ctdspec.cli.places import DATASETS, Out

cache = typer.Typer(
    help="Look after the datasets in a folder: ls, prune, verify.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@cache.command()
def ls(out: Out = DATASETS, json: Json = False) -> None:
    """List datasets with size and age, and the steps that a run of their spec would do again.

    Example: ctdspec cache ls
    """
    from ctdspec.engine.cache import cached

    found = list(cached(out))
    if json:
        say_json([asdict(dataset) | {"folder": str(dataset.folder)} for dataset in found])
        return
    rows = [
        (
            dataset.name,
            in_words(dataset.bytes, "B"),
            f"{dataset.age_days:.1f} d",
            ", ".join(dataset.stale) or "nothing",
        )
        for dataset in found
    ]
    say_table("", ["dataset", "size", "age", "a run would do"], rows)
    say(f"{len(found)} datasets, {in_words(sum(dataset.bytes for dataset in found), 'B')}")


@cache.command()
def prune(
    out: Out = DATASETS,
    older_than: Annotated[
        float | None,
        typer.Option(metavar="DAYS", min=0, help="Also whole datasets whose last step is older than that."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, only say what would go.")] = False,
    json: Json = False,
) -> None:
    """Delete leftovers of killed runs, checkpoints, and answers that no spec asks for any more.

    Cards, locks and weights stay, and so does every file that ctdspec did not make.

    Example: ctdspec cache prune --older-than 30 --yes
    """
    from ctdspec.engine.cache import outdated, rubbish
    from ctdspec.engine.cache import prune as prune_cache

    paths = rubbish(out)
    datasets = outdated(out, older_than) if older_than is not None else []
    freed = prune_cache(out, paths, datasets) if yes else 0
    names = [str(path) for path in [*paths, *datasets]]
    if json:
        say_json({"deleted": yes, "paths": names, "bytes": freed})
        return
    for name in names:
        say(name)
    if not names:
        say("nothing to delete")
    elif yes:
        say(f"deleted, {in_words(freed, 'B')}")
    else:
        say("nothing was deleted yet: give --yes")


@cache.command()
def verify(out: Out = DATASETS, json: Json = False) -> None:
    """Read every dataset again and compare it with its manifest. Exits with 1 if one is damaged.

    Example: ctdspec cache verify
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.cache import dataset_folders, verify_all

    found = dict(progress(json)(verify_all(out), "reading datasets", len(dataset_folders(out))))
    ok = all(finding.level != "error" for findings in found.values() for finding in findings)
    if json:
        say_json({"ok": ok, "datasets": {name: list(map(asdict, some)) for name, some in found.items()}})
    else:
        for name, findings in found.items():
            for finding in findings:
                say(f"{name}: {finding}")
        say(f"{'fine' if ok else 'not fine'}: {len(found)} datasets")
    raise typer.Exit(0 if ok else 1)
