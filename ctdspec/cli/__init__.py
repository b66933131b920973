"""The command line: every verb is parse, call, print, exit code."""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys

import typer

from ctdspec.cli import (
    cache,
    checks,
    exports,
    imports,
    judging,
    leaderboard,
    pictures,
    remote,
    runs,
    show,
    specs,
)
from ctdspec.errors import CtdspecError
from ctdspec.spec.problem import SpecError

app = typer.Typer(
    name="ctdspec",
    help="Declarative benchmarks for models of neural dynamics, with the truth known.",
    epilog="Start with: ctdspec run 3bff",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# Verbs appear in the help in this order. A verb is a function in the module of its group.
for verb in (
    runs.run,
    runs.build,
    runs.train,
    runs.fit,
    judging.score,
    judging.report,
    judging.verify,
    checks.validate,
    checks.explain,
    leaderboard.leaderboard,
    exports.export,
    remote.push,
    remote.pull,
    pictures.picture,
):
    app.command()(verb)
for verb in (specs.lint, specs.schema, specs.new, specs.list_all, show.show):
    app.command(verb.__name__.removesuffix("_all"))(verb)
app.command("import")(imports.import_answer)
app.add_typer(cache.cache, name="cache")


def main() -> None:
    """Run the command line; exits with the codes of `ctdspec.errors`, and 130 if interrupted.

    What the user can mend ends in a message on stderr, never in a traceback. With ``--json`` the message is
    data on stdout.
    """
    # Python's last search for garbage, through all that was imported, takes a fifth of the time of `lint`.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  both are text files
    try:
        app()
    except CtdspecError as error:
        _report(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _silence()
        sys.exit(1)
    except KeyboardInterrupt:
        print("ctdspec: interrupted; nothing is half-written, and the same command goes on", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _silence()


def _report(error: CtdspecError) -> None:
    if "--json" not in sys.argv:
        print(f"ctdspec: {error}" if not isinstance(error, SpecError) else error, file=sys.stderr)  # noqa: T201
        return
    details = error.as_dict() if isinstance(error, SpecError) else {}
    print(json.dumps({"error": str(error), "exit_code": error.exit_code, **details}, indent=1))  # noqa: T201


def _silence() -> None:
    """Send what is left to say nowhere: whoever was reading has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
