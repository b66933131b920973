"""The verb `import`: answers that other programs wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.places import DATASETS, Against, Out, dataset_folder


def import_answer(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the other program wrote, HDF5.")],
    layout: Annotated[str, typer.Option("--from", metavar="PROGRAM", help="Who wrote it: lfads, or nlb.")],
    against: Against,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The submission; an old file is replaced.")],
    states: Annotated[
        str | None,
        typer.Option(metavar="ARRAY", help="Which array is the state, as in `factors`; `none` for none."),
    ] = None,
    method: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the method; left out, the program's.")
    ] = None,
    given_inputs: Annotated[
        bool, typer.Option("--given-inputs", help="The method was shown the stimulus.")
    ] = False,
    out: Out = DATASETS,
    json: Json = False,
) -> None:
    """Make a submission of a file that an LFADS implementation or an NLB entrant wrote.

    Rates become Hz and neurons take the order of their ids. If the file has arrays that could be the state,
    --states must say which; the error lists them.

    Example: ctdspec import lfads_out.h5 --from lfads --against 3bff --to lfads.h5 --states factors
    """
    from ctdspec.engine.import_answer import import_file
    from ctdspec.submissions.file import track

    folder = dataset_folder(against, out)
    answer = import_file(file, layout, folder, to, method or layout, states, given_inputs)
    if json:
        say_json({"submission": str(to), "track": track(answer), "splits": list(answer.splits)})
    else:
        say(f"submission  {to}  (track {track(answer)}; {', '.join(answer.splits)})")
