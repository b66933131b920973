"""A new spec to be edited."""

from __future__ import annotations

import re
from pathlib import Path

from ctdspec.benchmark import Benchmark, shipped_names
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.spec.help_texts import help_texts
from ctdspec.spec.node import NAME
from ctdspec.spec.problem import did_you_mean

_HEAD = """\
# yaml-language-server: $schema={schema}
# `ctdspec lint {file}` checks this file, `ctdspec show {file}` prints it with all that it uses,
# `ctdspec list` tells which kinds there are, and `ctdspec show KIND` what they take.
# `use: folder/name` pulls in folder/name.yaml, from beside this file or shipped; keys beside it override it.
"""


def scaffold(name: str, like: str, folder: Path) -> Path:
    """Write the spec of a shipped benchmark under a new name, with the meaning of every key; give its path.

    Raises
    ------
    UsageError
        If the name is not one, there is no such benchmark, or the file exists or cannot be written.
    """
    if not NAME.fullmatch(name) or len(name) > 64:
        raise UsageError(f"{name!r} is not a name: use small letters, digits and underscores, at most 64")
    if like not in shipped_names():
        hint = did_you_mean(like, shipped_names()) or f"there are {', '.join(shipped_names())}"
        raise UsageError(f"there is no shipped benchmark {like!r}; {hint}")
    path = folder / f"{name}.yaml"
    text = (shipped("specs") / "benchmarks" / f"{like}.yaml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_commented(text, name, path))
    except FileExistsError:
        raise UsageError(f"{path} exists and is left as it is; choose another name") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path


def _commented(text: str, name: str, path: Path) -> str:
    help_of = {key: " ".join(text.split()) for key, text in help_texts(Benchmark).items()}
    lines = [_HEAD.format(schema=(shipped("specs") / "schema/benchmark.json").as_uri(), file=path)]
    for line in text.splitlines():
        if line.startswith("# yaml-language-server:"):
            continue
        key = re.match(r"(\w+):", line)
        if key and help_of.get(key.group(1)):
            lines.append(f"# {help_of[key.group(1)]}")
        lines.append(f"name: {name}" if key and key.group(1) == "name" else line)
    return "\n".join(lines) + "\n"
