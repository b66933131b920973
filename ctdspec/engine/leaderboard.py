"""From a folder of scored submissions to a site."""

from __future__ import annotations

from pathlib import Path

from ctdspec.errors import DatasetError, UsageError
from ctdspec.results.board import boards
from ctdspec.results.notes import read_notes
from ctdspec.results.result import read_result


def leaderboard(results: str | Path, out: str | Path) -> Path:
    """Write the site of all scored submissions in a folder, and give the path of its first page.

    The same results and notes give the same bytes. An older site at `out` is replaced as a whole.

    Parameters
    ----------
    results
        A folder of files that `ctdspec score … --result FILE` wrote, in it or in folders of it, and maybe a
        ``leaderboard.yaml``.
    out
        The site's folder: a new one, an empty one, or that of an older site.

    Raises
    ------
    UsageError
        If there are no results, the notes are none, or `out` is among them or holds something else.
    DatasetError, SubmissionError
        If a file is no result, or results cannot be in one table.
    """
    from ctdspec.pages.leaderboard.site import Site, write_site

    folder = Path(results)
    if Path(out).resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{out}: lies among the results; give a folder outside {folder}")
    paths = sorted(path for path in folder.rglob("*.json") if path.is_file() or path.is_symlink())
    if not paths:
        raise UsageError(
            f"{folder}: no results; write some with `ctdspec score … --result {folder}/NAME.json`"
        )
    read = [read_result(path) for path in paths]
    _ensure_apart(paths, [result.submission for result in read])
    return write_site(Path(out), Site(read_notes(folder), boards(read), read))


def _ensure_apart(paths: list[Path], submissions: list[str]) -> None:
    """Refuse two results of one file: they would be counted as two methods, or twice."""
    seen: dict[str, Path] = {}
    for path, submission in zip(paths, submissions, strict=True):
        if submission in seen:
            raise DatasetError(
                f"{path}: a result of the same submission as {seen[submission]}; keep one of them"
            )
        seen[submission] = path
