"""Ten thousand malformed specs: how each ends, the longest, and the most memory.

Usage: python benchmarks/malformed_specs.py [NUMBER [FIRST]]
Half of them are the text of a shipped spec with pieces cut out, put in and repeated; half are its content
with values replaced, keys renamed, and parts moved. A change may leave a spec valid; whatever is refused must
say where, as file:line:column. Each is drawn from a stream of its own: FIRST goes on where another run ended,
and what ends badly is printed with its number.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from peak_memory import peak_mb
from ruamel.yaml import YAML

from ctdspec.benchmark import load, resolved_yaml, shipped_names
from ctdspec.errors import CtdspecError
from ctdspec.resources import shipped
from ctdspec.seeds import stream

PLACE = re.compile(r"^\S.*:\d+:\d+(  |$)", re.MULTILINE)
PIECES = [
    *("{", "}", "[", "]", ": ", "- ", "? ", "&a ", "*a ", "!!python/object:os.system ", "<<: ", "|\n", "\t"),
    *("'", '"', "\\", "\0", "%", "---\n", "use: ", "use: ../../x", "kind: ", "null", ".nan", "1e999", "~"),
    *("\U0001f600", "\u2028", "9" * 400, "true", "\n    ", "[" * 300, "a: " * 60, "no", "0x10", "=", "\r"),
]  # fmt: skip
VALUES: list[Any] = [
    *(None, True, -1, 0, 2**63, 10**40, 1e308, -1e-308, 0.5, "", "x", "use", "../..", "a" * 5000, "\0", "no"),
    *([], {}, [[]], {"kind": "x"}, {"use": "tasks/flip_flop"}, {"use": "/etc/passwd"}, [1, "a"], {"": 1}),
]
VALID, REFUSED, NO_PLACE = "valid", "refused with a place", "REFUSED WITHOUT A PLACE"


def end_of_loading(path: Path) -> str:
    try:
        load(path)
    except CtdspecError as error:
        return REFUSED if PLACE.search(str(error)) and error.exit_code == 2 else f"{NO_PLACE}: {error}"[:200]
    except Exception as error:
        return f"A TRACEBACK: {type(error).__name__}: {error}"[:200]
    return VALID


def cut(text: str, rng: np.random.Generator) -> bytes:
    for _ in range(int(rng.integers(1, 5))):
        at, n = int(rng.integers(0, len(text) + 1)), int(rng.integers(0, 20))
        match int(rng.integers(4)):
            case 0:
                piece = PIECES[rng.integers(len(PIECES))]
            case 1:
                start = int(rng.integers(0, len(text) + 1))
                piece = text[start : start + 10 * n]
            case 2:
                piece = ""
            case _:
                piece = "".join(map(chr, rng.integers(0, 0xD800, 3)))
        text = text[:at] + piece + text[at + n :]
    content = text.encode()
    if rng.random() < 0.1:
        content = content[: rng.integers(len(content) + 1)] + rng.bytes(3)
    return content


def moved(content: dict, rng: np.random.Generator) -> bytes:
    spec = json.loads(json.dumps(content))
    for _ in range(int(rng.integers(1, 4))):
        holders = list(_holders(spec))
        holder, other = (holders[rng.integers(len(holders))] for _ in range(2))
        if not holder:
            continue
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = keys[rng.integers(len(keys))]
        match int(rng.integers(4)):
            case 0:
                holder[key] = json.loads(json.dumps(other))
            case 1 if isinstance(holder, dict):
                holder[str(key)[1:] + "s"] = holder.pop(key)
            case 2:
                del holder[key]
            case _:
                holder[key] = deepcopy(VALUES[rng.integers(len(VALUES))])
    return json.dumps(spec).encode()


def _holders(value: Any) -> Any:
    if isinstance(value, dict | list) and value:
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _holders(child)


def main() -> None:
    number, first = (*map(int, sys.argv[1:]), *(10_000, 0)[len(sys.argv) - 1 :])
    names = shipped_names()
    texts = [(shipped("specs") / f"benchmarks/{name}.yaml").read_text() for name in names]
    resolved = [YAML(typ="safe", pure=True).load(resolved_yaml(load(name))) for name in names]
    ends: Counter[str] = Counter()
    slowest_s, slowest = 0.0, first
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        for index in range(first, first + number):
            rng = stream(0, "benchmarks/malformed_specs", index)
            which = int(rng.integers(len(names)))
            path.write_bytes(moved(resolved[which], rng) if index % 2 else cut(texts[which], rng))
            start = time.process_time()
            end = end_of_loading(path)
            slowest_s, slowest = max((slowest_s, slowest), (time.process_time() - start, index))
            ends[end] += 1
            if end not in (VALID, REFUSED):
                print(f"{index}: {end}", flush=True)
    for end, n in ends.most_common():
        print(f"{n:6d}  {end}")
    print(f"slowest {slowest_s:.2f} s of the processor ({slowest}); most memory {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
