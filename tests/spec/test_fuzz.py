"""Whatever the text, there is a benchmark or a list of problems, soon."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctdspec.benchmark import Benchmark, load, shipped_names
from ctdspec.errors import CtdspecError
from ctdspec.resources import shipped

SPECS = [(shipped("specs") / f"benchmarks/{name}.yaml").read_bytes() for name in shipped_names()]
SPECS.append((Path(__file__).parent / "bad/parts/base.yaml").read_bytes())
PIECES = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b": ",
        b"- ",
        b"? ",
        b"&a ",
        b"*a ",
        b"!!x ",
        b"<<: ",
        b"|\n",
        b"\t",
        b"\r",
        b"#",
    ),
    *(
        b"'",
        b'"',
        b"\\",
        b"\0",
        b"%",
        b"---\n",
        b"...\n",
        b"use: ",
        b"kind: ",
        b"null",
        b".nan",
        b"1e999",
        b"~",
    ),
    *(
        b"\xf0\x9f\x98\x80",
        b"\xed\xa0\x80",
        b"\xe2\x80\xa8",
        b"\xc2\x85",
        b"9" * 400,
        b"true",
        b"../x",
        b"\n    ",
    ),
]
FEW = settings(max_examples=150, suppress_health_check=[*HealthCheck])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "x.yaml"


def check(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    start = time.process_time()
    try:
        assert isinstance(load(path), Benchmark)
    except CtdspecError as error:
        found = error
        assert found.exit_code == 2
        assert str(found).encode()
    assert time.process_time() - start < 30, "it all but hangs"


@given(st.binary(max_size=300))
@FEW
def test_bytes(path: Path, content: bytes) -> None:
    check(content, path)


@given(st.text(max_size=300))
@FEW
def test_text(path: Path, content: str) -> None:
    check(content.encode("utf-8", "surrogatepass"), path)


@given(st.lists(st.sampled_from(PIECES), max_size=60))
@FEW
def test_pieces_of_yaml(path: Path, pieces: list[bytes]) -> None:
    check(b"".join(pieces), path)


@given(
    st.sampled_from(SPECS),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=3)),
        max_size=4,
    ),
)
@FEW
def test_mutated_specs(path: Path, spec: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    for where, length, piece in changes:
        start = int(where * len(spec))
        spec = spec[:start] + piece + spec[start + length :]
    check(spec, path)
