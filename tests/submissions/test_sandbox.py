"""The child that reads strangers' files: bounded, believed only where it can be checked."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from h5py import h5p

from ctdspec import scratch
from ctdspec.errors import StorageError
from ctdspec.submissions import sandbox
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.apart import Start
from ctdspec.submissions.expected import Expected
from ctdspec.submissions.file import read_answer, read_open, write_answer
from ctdspec.submissions.sandbox import read_apart

EXPECTED = Expected("digest", {"train": 6, "val": 2, "test": 3}, n_bins=20, n_neurons=5)


def make_answer() -> Answer:
    rng = np.random.default_rng(0)
    splits = {
        name: SplitAnswer(rng.random((n, 20, 5), np.float32), rng.random((n, 20, 3), np.float32))
        for name, n in EXPECTED.n_trials.items()
    }
    return Answer("my_method", "digest", splits, parameters={"width_s": [0.1, None]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_answer(tmp_path / "submission.h5", make_answer())
    return tmp_path / "submission.h5"


def codes(path: Path) -> set[str]:
    """Give the codes that reading in this process finds."""
    with path.open("rb") as file:
        return {problem.code for problem in read_open(file, EXPECTED)[1]}


def test_what_was_written_is_read(path):
    wrote, (read, problems) = make_answer(), read_apart(path, EXPECTED)
    assert problems == []
    assert (read.method, read.dataset, read.parameters) == (wrote.method, wrote.dataset, wrote.parameters)
    for name, split in wrote.splits.items():
        assert np.array_equal(read.splits[name].rates_hz, split.rates_hz)
        assert np.array_equal(read.splits[name].states, split.states)
        assert read.splits[name].inputs is None


def test_a_connectivity_comes_through_and_is_not_believed_about_its_shape(tmp_path):
    matrix = np.arange(25, dtype=np.float32).reshape(5, 5)
    write_answer(tmp_path / "c.h5", replace(make_answer(), connectivity=matrix))
    read, problems = read_apart(tmp_path / "c.h5", EXPECTED)
    assert problems == []
    assert np.array_equal(read.connectivity, matrix)
    _, problems = read_apart(tmp_path / "c.h5", replace(EXPECTED, n_neurons=4))
    assert {"SUB-STR-018", "SUB-STR-012"} <= {problem.code for problem in problems}


def test_what_is_no_regular_file_is_never_opened(tmp_path, path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link.h5").symlink_to(path)
    (tmp_path / "text.h5").write_text("hello")
    found = {
        name: [problem.code for problem in read_apart(Path(tmp_path / name), EXPECTED)[1]]
        for name in ("absent", "pipe", "link.h5", "", "/dev/zero", "text.h5")
    }
    assert found.pop("text.h5") == ["SUB-SAF-002"]
    assert set(map(tuple, found.values())) == {("SUB-SAF-001",)}


def test_the_child_is_bounded():
    """It can open nothing, write nothing, and not take two gigabytes."""
    code = """
import json
from ctdspec.submissions.child import bound
from ctdspec.submissions.expected import Expected
bound(Expected("d", {"test": 3}, 20, 5))
def tries(action):
    try:
        action()
    except (OSError, MemoryError) as error:
        return type(error).__name__
print(json.dumps([tries(lambda: open("/etc/hostname")), tries(lambda: bytearray(2 << 30))]))
while True:
    pass
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout) == ["OSError", "MemoryError"]
    assert done.returncode < 0, "it was ended for its seconds of the processor"


def runs(code: str) -> Start:
    """Give what starts a child that does something else."""
    return lambda module, handles: subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_a_child_that_dies_is_a_finding(path):
    dies = runs("import os; os.kill(os.getpid(), 11)")
    assert [problem.code for problem in read_apart(path, EXPECTED, dies)[1]] == ["SUB-SAF-015"]


def test_a_child_ends_after_its_seconds():
    code = "from ctdspec.submissions.apart import end_after; end_after(0.3)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -signal.SIGPROF


def test_a_child_that_hangs_is_ended(path, monkeypatch):
    monkeypatch.setattr(sandbox, "WALL_S", 0.5)
    start, sleeps = time.monotonic(), runs("import time; time.sleep(60)")
    assert [problem.code for problem in read_apart(path, EXPECTED, sleeps)[1]] == ["SUB-SAF-015"]
    assert time.monotonic() - start < 50, "it was waited for"


def says(*told: object) -> Start:
    """Give what starts a child that says this: bytes as they are, all else as JSON after its length."""
    whole = b""
    for part in told:
        text = part if isinstance(part, bytes) else json.dumps(part).encode()
        whole += text if isinstance(part, bytes) else len(text).to_bytes(8) + text
    return runs(f"import sys; sys.stdout.buffer.write({whole!r})")


HEAD = {"answer": {"method": "m", "dataset": "digest"}, "dynamics": None, "problems": []}
HEAD["arrays"] = [("test", "rates_hz")]


def test_what_a_child_says_is_put_together(path):
    rows = np.arange(300, dtype=np.float32).reshape(3, 20, 5)
    said = [
        part
        for piece in (rows[:2], rows[2:])
        for part in ({"rows": ["test", "rates_hz", [3, 20, 5], len(piece)]}, piece.tobytes())
    ]
    answer, problems = read_apart(path, EXPECTED, says(*said, HEAD))
    assert problems == []
    assert np.array_equal(answer.splits["test"].rates_hz, rows)


@pytest.mark.parametrize("shape", [[3, 20, 6], [3, 20], [-1, 20, 5], [2**40, 20, 5], ["a", 20, 5], 3])
def test_a_child_is_not_believed_about_shapes(path, shape):
    says_rows = says({"rows": ["test", "rates_hz", shape, 3]}, bytes(1200), HEAD)
    assert [problem.code for problem in read_apart(path, EXPECTED, says_rows)[1]] == ["SUB-SAF-015"]


@pytest.mark.parametrize("counts", [[], [2], [3, 1], [0, 3], [4], [-1], [1.5], [2, 2], ["a"]])
def test_a_child_is_not_believed_about_rows(path, counts):
    """Of three trials, of 400 bytes each: fewer, more, and what is no number of them."""
    said = [
        part
        for n in counts
        for part in ({"rows": ["test", "rates_hz", [3, 20, 5], n]}, bytes(400 * n if n in (1, 2, 3) else 0))
    ]
    assert [problem.code for problem in read_apart(path, EXPECTED, says(*said, HEAD))[1]] == ["SUB-SAF-015"]


@pytest.mark.parametrize(("more_bytes", "codes"), [(1000, ["SUB-SAF-015"]), (10_000, [])])
def test_a_child_is_given_room_for_honest_arrays_only(path, monkeypatch, more_bytes, codes):
    """Zeros are packed to a thousandth: a small file could ask for any width of states."""
    monkeypatch.setattr(sandbox, "MORE_BYTES", more_bytes)
    rates, states = ({"rows": ["test", name, [3, 20, n], 3]} for name, n in (("rates_hz", 5), ("states", 60)))
    head = HEAD | {"arrays": [("test", "rates_hz"), ("test", "states")]}
    told = says(rates, bytes(1200), states, bytes(14_400), head)
    assert [problem.code for problem in read_apart(path, EXPECTED, told)[1]] == codes


def test_a_bomb_within_a_chunk_ends_the_child_only(path):
    """Stored in fewer bytes than it should unpack to, so that nothing shows before it is unpacked."""
    expected = Expected("digest", {"test": 16}, n_bins=1000, n_neurons=1000)
    with h5py.File(path, "a") as file:
        del file["train"], file["val"], file["test"]
        dataset = file.create_dataset(
            "test/rates_hz", (16, 1000, 1000), "f4", chunks=(16, 1000, 1000), compression=1
        )
        # Blocks of a deflate stream may repeat: a gigabyte and a half without packing as much.
        pack = zlib.compressobj(9)
        head = pack.compress(b"") + pack.flush(zlib.Z_FULL_FLUSH)
        block = pack.compress(bytes(10 << 20)) + pack.flush(zlib.Z_FULL_FLUSH)
        packed = head + 160 * block
        dataset.id.write_direct_chunk((0, 0, 0), packed)
    start = time.monotonic()
    _, problems = read_apart(path, expected)
    assert {problem.code for problem in problems} <= {"SUB-SAF-003", "SUB-SAF-015"}
    assert problems
    assert time.monotonic() - start < 60


def test_names_that_share_an_object_are_refused(path):
    with h5py.File(path, "a") as file:
        del file["val/rates_hz"]
        file["val/rates_hz"] = file["test/rates_hz"]
    assert "SUB-SAF-011" in codes(path)


def test_circles_are_refused(path):
    with h5py.File(path, "a") as file:
        del file["val"]
        file["val"] = file["/"]
    assert "SUB-SAF-011" in codes(path)


def test_deep_trees_are_not_walked(path):
    with h5py.File(path, "a") as file:
        group = file
        for _ in range(500):
            group = group.create_group("g")
    assert codes(path) == {"SUB-STR-008"}


def test_attributes_are_bounded(path):
    with h5py.File(path, "a") as file:
        for index in range(100):
            file.attrs[f"a{index}"] = index
    assert codes(path) == {"SUB-SAF-013"}


def test_large_attributes_are_not_read(path):
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["method"] = np.bytes_(b"x" * (3 << 20))
    assert "SUB-SAF-013" in codes(path)


def test_filters_on_filters_are_refused(path):
    with h5py.File(path, "a") as file:
        del file["test/rates_hz"]
        properties = h5p.create(h5p.DATASET_CREATE)
        properties.set_chunk((3, 20, 5))
        properties.set_deflate(1)
        properties.set_deflate(1)
        space = h5py.h5s.create_simple((3, 20, 5))
        name, kind = b"rates_hz", h5py.h5t.IEEE_F32LE
        array = h5py.h5d.create(file["test"].id, name, kind, space, properties)
        h5py.Dataset(array)[:] = 1
    assert codes(path) == {"SUB-SAF-007"}


def test_filters_that_would_be_loaded_are_refused(path):
    with h5py.File(path, "a") as file:
        del file["test/rates_hz"]
        properties = h5p.create(h5p.DATASET_CREATE)
        properties.set_chunk((3, 20, 5))
        properties.set_filter(32001, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((3, 20, 5))
        h5py.h5d.create(file["test"].id, b"rates_hz", h5py.h5t.IEEE_F32LE, space, properties)
    assert codes(path) == {"SUB-SAF-007"}


def test_what_was_cut_off_is_refused(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert codes(path) == {"SUB-SAF-003"}


def test_too_many_chunks_are_refused(tmp_path):
    expected = Expected("digest", {"test": 70}, n_bins=1000, n_neurons=5)
    with h5py.File(tmp_path / "many.h5", "w") as file:
        file.create_dataset("test/rates_hz", (70, 1000, 5), "f4", chunks=(1, 1, 5))
    with (tmp_path / "many.h5").open("rb") as file:
        assert "SUB-SAF-008" in {problem.code for problem in read_open(file, expected)[1]}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("i4", "SUB-STR-014"), ("?", "SUB-STR-014"), ("c8", "SUB-SAF-012"), ("V8", "SUB-SAF-012"),
        (h5py.vlen_dtype(np.float32), "SUB-SAF-012"), (h5py.ref_dtype, "SUB-SAF-012"),
        (h5py.string_dtype(), "SUB-SAF-012"),
        (np.dtype([("a", "f4"), ("b", "i4")]), "SUB-SAF-012"), (h5py.regionref_dtype, "SUB-SAF-012"),
    ],
)  # fmt: skip
def test_what_is_no_float_is_refused(path, kind, code):
    with h5py.File(path, "a") as file:
        del file["test/rates_hz"]
        file.create_dataset("test/rates_hz", (3, 20, 5), kind)
    assert codes(path) == {code}


def test_a_file_that_changes_is_refused(path):
    class Growing:
        """A file that someone else appends to while it is read."""

        def __init__(self):
            self.file = path.open("rb")

        def fileno(self):
            return self.file.fileno()

        def seek(self, *place):
            return self.file.seek(*place)

        def tell(self):
            return self.file.tell()

        def readinto(self, buffer):
            with path.open("ab") as other:
                other.write(b"x")
            return self.file.readinto(buffer)

        def read(self, n):
            return self.file.read(n)

        def flush(self):
            pass

        def truncate(self, n):
            pass

        def write(self, data):
            pass

    file = Growing()
    with file.file:
        assert [problem.code for problem in read_open(file, EXPECTED)[1]] == ["SUB-SAF-016"]


def test_malformed_files_are_refused_or_read(path):
    """A hundred and twenty files: bytes flipped, runs overwritten, pieces cut out, moved and repeated.

    Each is read by a process of its own with the limits of the sandbox: HDF5 loops on some of them.
    """
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    ends = []
    for _ in range(120):
        path.write_bytes(spoiled(whole, rng))
        ends.append(end_of_reading(path))
    assert ends.count(UNCODED) == 0
    assert ends.count(REFUSED) > 60
    # Whatever is neither read nor refused was ended by a limit.
    assert len(ends) - ends.count(REFUSED) - ends.count(READ) < 10


READ, REFUSED, UNCODED = 0, 1, 2


def end_of_reading(path: Path) -> int:
    """Read a file in a forked process; give how that ended."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        end = UNCODED
        try:
            found = codes(path)
            end = (REFUSED if found else READ) if all(found) else UNCODED
        finally:
            os._exit(end)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def spoiled(whole: bytes, rng: np.random.Generator) -> bytes:
    """Damage a file in one of five ways, mostly where its structure is."""
    data, at = bytearray(whole), int(rng.integers(0, 6000))
    n = int(rng.integers(1, 64))
    match int(rng.integers(5)):
        case 0:
            data[at] ^= int(rng.integers(1, 256))
        case 1:
            data[at : at + n] = rng.bytes(n)
        case 2:
            del data[at : at + n]
        case 3:
            data[at : at + n] = b"\xff" * n
        case _:
            data = data[: int(rng.integers(0, len(data)))]
    return bytes(data)


def test_no_room_is_no_fault_of_the_file(path, monkeypatch):
    def full(shape: tuple[int, ...], dtype: object) -> np.ndarray:
        raise StorageError("no room")

    monkeypatch.setattr(scratch, "empty", full)
    for read in (read_answer, read_apart):
        with pytest.raises(StorageError):
            read(path, EXPECTED)
