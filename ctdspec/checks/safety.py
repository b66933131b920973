"""Whether the file is safe to read: `ctdspec.submissions` answers before anything is read."""

from __future__ import annotations

from ctdspec.checks.question import Question

_PLAIN = "write the arrays afresh with h5py's create_dataset, float32, without compression"

QUESTIONS = (
    Question(
        "SUB-SAF-001",
        "Is it a regular file?",
        "A link leads to files that were not sent, and reading a pipe or a device may never end.",
        "give the HDF5 file itself",
    ),
    Question(
        "SUB-SAF-002",
        "Is it an HDF5 file?",
        "Other formats can hide links, code and bombs, so only one is read.",
        "write an HDF5 file as docs/submissions.md describes",
    ),
    Question(
        "SUB-SAF-003",
        "Is the file whole?",
        "A file that was cut off or changed on its way holds other numbers than were written.",
        "write or copy the file again, and compare sizes",
    ),
    Question(
        "SUB-SAF-004",
        "Is everything in the file itself, and nothing a link?",
        "A link can lead to any file of the machine that reads it.",
        "copy the data into the file",
    ),
    Question(
        "SUB-SAF-005",
        "Are the arrays no views of other files?",
        "A virtual dataset reads from files that were not sent.",
        _PLAIN,
    ),
    Question(
        "SUB-SAF-006",
        "Are the values stored in the file?",
        "External storage reads the bytes of any file of the machine as numbers.",
        _PLAIN,
    ),
    Question(
        "SUB-SAF-007",
        "Are only HDF5's own filters used, each once?",
        "Other filters are plugins: code that is loaded. Filters on filters unpack to any size.",
        "write without compression, or with gzip, shuffle, fletcher32 or lzf",
    ),
    Question(
        "SUB-SAF-008",
        "Are the chunks of a usual size and number?",
        "A chunk is unpacked whole, so its size is memory; millions of chunks are hours.",
        "write without chunks",
    ),
    Question(
        "SUB-SAF-009",
        "Is every chunk stored in no more bytes than it unpacks to?",
        "A larger one is made to unpack to gigabytes.",
        _PLAIN,
    ),
    Question(
        "SUB-SAF-010",
        "Are there few objects?",
        "Walking through thousands of groups takes as long as their author likes.",
        "keep the arrays of docs/submissions.md only",
    ),
    Question(
        "SUB-SAF-011",
        "Does every name stand for data of its own?",
        "Names that share an object can form circles, and hide what is stored.",
        "write the data of each name",
    ),
    Question(
        "SUB-SAF-012",
        "Are the arrays numbers?",
        "Texts, references and compounds of varying length are read into memory without bound.",
        _PLAIN,
    ),
    Question(
        "SUB-SAF-013",
        "Are the attributes few and small?",
        "An attribute is read whole, whatever its size.",
        "keep the attributes of docs/submissions.md; put long texts elsewhere",
    ),
    Question(
        "SUB-SAF-014",
        "Is the file little more than its arrays?",
        "What is not an array may be in an attribute, which is read whole.",
        "write the file afresh; HDF5 does not give back the space of what was deleted",
    ),
    Question(
        "SUB-SAF-015",
        "Can it be read in bounded time and memory?",
        "A file that needs more than its arrays is damaged, or made to do harm.",
        _PLAIN,
    ),
    Question(
        "SUB-SAF-016",
        "Does the file stay as it is while it is read?",
        "What was checked must be what is scored.",
        "wait until the file is written",
    ),
)
