"""Files that try to read other files, to fill the memory, or to be something else than they seem."""

import resource
import zlib

import h5py
import numpy as np
import pytest

from ctdspec.errors import SubmissionError
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.expected import Expected
from ctdspec.submissions.file import read_answer, write_answer

EXPECTED = Expected("digest", {"train": 6, "val": 2, "test": 3}, n_bins=20, n_neurons=5)


@pytest.fixture
def path(tmp_path):
    splits = {
        name: SplitAnswer(np.ones((n, 20, 5), np.float32), np.ones((n, 20, 3), np.float32))
        for name, n in EXPECTED.n_trials.items()
    }
    write_answer(tmp_path / "submission.h5", Answer("my_method", "digest", splits))
    return tmp_path / "submission.h5"


def external_link(file, secret):
    del file["test/rates_hz"]
    file["test/rates_hz"] = h5py.ExternalLink(str(secret), "/rates_hz")


def external_group(file, secret):
    del file["test"]
    file["test"] = h5py.ExternalLink(str(secret), "/")


def soft_link(file, secret):
    del file["test/rates_hz"]
    file["test/rates_hz"] = h5py.SoftLink("/elsewhere")


def virtual(file, secret):
    del file["test/rates_hz"]
    layout = h5py.VirtualLayout((3, 20, 5), "f4")
    layout[:] = h5py.VirtualSource(str(secret), "rates_hz", (3, 20, 5))
    file.create_virtual_dataset("test/rates_hz", layout)


def external_storage(file, secret):
    del file["test/rates_hz"]
    file.create_dataset("test/rates_hz", (3, 20, 5), "f4", external=[(str(secret), 0, 1200)])


def filter(file, secret):
    del file["test/rates_hz"]
    file.create_dataset("test/rates_hz", (3, 20, 5), "f4", chunks=(3, 20, 5), scaleoffset=2)


def unwritten(file, secret):
    del file["test/rates_hz"]
    file.create_dataset("test/rates_hz", (3, 20, 5), "f4")


def unwritten_chunks(file, secret):
    del file["test/rates_hz"]
    dataset = file.create_dataset("test/rates_hz", (3, 20, 5), "f4", chunks=(1, 20, 5))
    dataset[:2] = 1


def petabytes(file, secret):
    del file["test/rates_hz"]
    file.create_dataset("test/rates_hz", (2**25, 2**15, 2**12), "f4", chunks=(1, 1, 4096))


def giant_chunk(file, secret):
    del file["test/states"]
    chunk = (2**10, 2**10, 2**5)
    file.create_dataset("test/states", (3, 20, 3), "f4", chunks=chunk, maxshape=(None, None, None))


def filter_bomb(file, secret):
    del file["test/rates_hz"]
    dataset = file.create_dataset("test/rates_hz", (3, 20, 5), "f4", chunks=(3, 20, 5), compression="gzip")
    dataset.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(200 << 20)))


def integers(file, secret):
    del file["test/rates_hz"]
    file["test/rates_hz"] = np.ones((3, 20, 5), np.int32)


def complex(file, secret):
    del file["test/rates_hz"]
    file["test/rates_hz"] = np.ones((3, 20, 5), np.complex64)


def text(file, secret):
    del file["test/rates_hz"]
    file.create_dataset("test/rates_hz", (3, 20, 5), h5py.string_dtype())


def group_for_array(file, secret):
    del file["test/rates_hz"]
    file.create_group("test/rates_hz")


def array_for_group(file, secret):
    del file["test"]
    file["test"] = np.ones((3, 20, 5), np.float32)


def scalar(file, secret):
    del file["test/rates_hz"]
    file["test/rates_hz"] = 1.0


def empty(file, secret):
    del file["test/rates_hz"]
    file["test/rates_hz"] = h5py.Empty("f4")


def many_objects(file, secret):
    for index in range(1000):
        file.create_group(f"test/g{index}")


def large_attribute(file, secret):
    file.attrs["method"] = "x" * (20 << 20)


def missing_split(file, secret):
    del file["test"]


def missing_rates(file, secret):
    del file["train/rates_hz"]


ATTACKS = {
    external_link: "test/rates_hz: found a link",
    external_group: "test: found a link",
    soft_link: "test/rates_hz: found a link",
    virtual: "a virtual dataset",
    external_storage: "data stored in other files",
    filter: "found filter 6, expected no filter, or gzip, shuffle, fletcher32, lzf",
    unwritten: "a shape without data",
    unwritten_chunks: "found 2 of 3 chunks",
    petabytes: "found shape (33554432, 32768, 4096)",
    giant_chunk: "found chunks of 134217728 bytes",
    filter_bomb: "a chunk stored in",
    integers: "found type int32, expected float32",
    complex: "found type complex64",
    text: "found type object",
    group_for_array: "found another kind of object, expected a dataset",
    array_for_group: "found another kind of object, expected a group",
    scalar: "found shape ()",
    empty: "found shape ()",
    many_objects: "found 1002 objects",
    large_attribute: "bytes beside the arrays",
    missing_split: "test: found train, val, expected the test split",
    missing_rates: "train/rates_hz: found nothing",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_hostile_files_are_refused_without_reading_them(path, tmp_path, attack):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["rates_hz"] = np.ones((3, 20, 5), np.float32)
    with h5py.File(path, "a") as file:
        attack(file, secret)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SubmissionError) as caught:
        read_answer(path, EXPECTED)
    assert ATTACKS[attack] in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 50 << 10
