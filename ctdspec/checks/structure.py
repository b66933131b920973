"""Whether everything is there, named and shaped: `ctdspec.submissions` answers while it reads."""

from __future__ import annotations

from ctdspec.checks.question import Question

_ROOT = "set it on the root of the file; docs/submissions.md lists all attributes"
_TOGETHER = "answer all splits with one model, or leave the array out everywhere"

QUESTIONS = (
    Question("SUB-STR-001", "Does `format` say what this file is?", "Files are often mistaken.", _ROOT),
    Question("SUB-STR-002", "Is `version` one that is known?", "Other versions mean other things.", _ROOT),
    Question(
        "SUB-STR-003",
        "Is `track` what the arrays are?",
        "R is for rates, S for rates and states, D for dynamics besides: a file that says S and has no "
        "states lacks half of itself.",
        _ROOT,
    ),
    Question("SUB-STR-004", "Is `method` a name?", "It names rows, files and pages.", _ROOT),
    Question(
        "SUB-STR-005",
        "Is `dataset` the digest of this dataset?",
        "Two builds that differ in a seed have the same shapes, and an answer to one is noise for the other.",
        "answer the dataset that you are scored against; its digest is in its manifest and its template",
    ),
    Question(
        "SUB-STR-006",
        "Does `given_inputs` say whether the method saw the stimulus?",
        "Methods that are given the inputs are compared among themselves.",
        _ROOT,
    ),
    Question("SUB-STR-007", "Is `parameters` a JSON object?", "It is kept with the scores.", _ROOT),
    Question(
        "SUB-STR-008",
        "Is every name one that is known?",
        "A misspelt array would be left out without a word.",
        "rename or remove it; docs/submissions.md lists all names",
    ),
    Question(
        "SUB-STR-009",
        "Is the test split answered?",
        "It is what is scored; a part that is missing is never counted as zero.",
        "add rates_hz for the test trials",
    ),
    Question("SUB-STR-010", "Has every split its rates?", "Rates are what all tracks share.", "add rates_hz"),
    Question(
        "SUB-STR-011",
        "Are splits groups, and arrays datasets?",
        "Anything else cannot be read as an answer.",
        "see docs/submissions.md for the layout",
    ),
    Question(
        "SUB-STR-012",
        "Has the array the shape (trial, time, column) of this dataset?",
        "Missing trials, bins or neurons are never filled in.",
        "keep the dataset's order of trials and give every bin and every neuron, held-out ones included",
    ),
    Question(
        "SUB-STR-013",
        "Are the axes in the order trial, time, column?",
        "Libraries differ in their order of axes.",
        "np.transpose the array",
    ),
    Question(
        "SUB-STR-014",
        "Are the values float32 or float64?",
        "Integers are rounded rates; complex numbers and booleans are something else.",
        "array.astype('float32')",
    ),
    Question(
        "SUB-STR-015",
        "Is every value of the array written?",
        "HDF5 reads zeros where nothing was written.",
        "write the whole array",
    ),
    Question(
        "SUB-STR-016",
        "Are states and inputs in train, test, and every other split that is answered?",
        "Maps to the true states are fitted on train and judged on test.",
        _TOGETHER,
    ),
    Question("SUB-STR-017", "Have they one dimension?", "A map fits one dimension only.", _TOGETHER),
    Question(
        "SUB-STR-018",
        "Has the connectivity a row and a column for every neuron?",
        "Its entries are compared with the true ones, neuron by neuron.",
        "give all neurons, held-in and held-out, in the order of their ids; rows hear, columns speak",
    ),
    Question(
        "SUB-VAL-001",
        "Are all values finite?",
        "One NaN makes the score of everything it touches undefined.",
        "fill or clip them, padding included",
    ),
    Question(
        "SUB-VAL-002",
        "Are the rates at least 0?",
        "Negative rates have no likelihood; they are often logarithms.",
        "clip them, or undo a logarithm",
    ),
)
