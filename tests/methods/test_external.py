"""Real processes: what they are given, what they may do, and what becomes of them when they fail."""

import os
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from ctdspec.benchmark import load
from ctdspec.bundles.catalogue import FORMATS
from ctdspec.engine.export import export
from ctdspec.errors import MethodError, UsageError
from ctdspec.methods.external import External
from ctdspec.methods.method import Given
from ctdspec.resources import shipped
from ctdspec.store.recording import open_recording
from ctdspec.submissions.importers.importer import LAYOUTS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/examples/own_method.py"
ENDS = ["{data}", "{submission}"]


def external(command: list[str], **fields) -> External:
    return External(kind="external", name="mine", command=[sys.executable, *command], **fields)


def script(text: str, **fields) -> External:
    return external(["-c", text, *ENDS], **fields)


@pytest.fixture
def given(tiny_lorenz, tmp_path) -> Given:
    def write_bundle(to: Path, format: str) -> None:
        export(tiny_lorenz, format, to)

    return Given(open_recording(tiny_lorenz), write_bundle, tmp_path / "log.txt")


def test_the_example_answers_under_the_name_of_the_spec(given):
    answer = external(["own_method.py", *ENDS], files=[str(EXAMPLE)]).answer(given, seed=0)
    assert (answer.method, answer.dataset) == ("mine", given.recording.dataset)
    assert answer.parameters == {"width_s": 0.05}
    given.recording.expected.ensure(answer)
    mean_hz = given.recording.splits["train"].spikes.mean(axis=(0, 1)) / given.recording.bin_s
    np.testing.assert_allclose(answer.splits["train"].rates_hz.mean(axis=(0, 1)), mean_hz, rtol=0.1)


def test_a_program_finds_public_data_and_a_folder_of_its_own(given):
    text = (
        "import os, sys, pathlib as p; data = p.Path(sys.argv[1]);"
        "print(*sorted(path.name for path in data.rglob('*') if path.is_file()));"
        "print(p.Path.cwd().parent == data.parent, os.listdir(), sys.argv[3], sys.stdin.read() == '')"
    )
    method = external(["-c", text, *ENDS, "{seed}"], data_format="nwb", files=[str(EXAMPLE)])
    with pytest.raises(MethodError, match="wrote no file where"):
        method.answer(given, seed=17)
    files, place = given.log.read_text().splitlines()
    assert sorted(files.split()) == sorted(
        ["README.txt", "SHA256SUMS", "bundle.json", "recipe.yaml"]
        + [f"sub-tiny-lorenz_ses-seed3_desc-{part}_ecephys.nwb" for part in ("train", "test")]
    )
    assert place == "True ['own_method.py'] 17 True"


def test_a_program_sees_only_the_variables_that_are_named(given, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "a")
    monkeypatch.setenv("MY_DEVICE", "b")
    method = script("import os; print(*sorted(os.environ))", env=["MY_DEVICE", "NOT_SET"])
    with pytest.raises(MethodError):
        method.answer(given, seed=0)
    seen = given.log.read_text().split()
    assert {"PATH", "MY_DEVICE"} <= set(seen)
    assert not {"SECRET_TOKEN", "NOT_SET"} & set(seen)


def test_no_shell_reads_the_arguments(given):
    with pytest.raises(ValidationError, match=r"unknown placeholder \{x\}"):
        external(["{x}", *ENDS])
    method = external(["-c", "import sys; print(sys.argv[3:])", *ENDS, "$HOME; echo * {1}"])
    with pytest.raises(MethodError):
        method.answer(given, seed=0)
    assert given.log.read_text().strip() == "['$HOME; echo * {1}']"


def test_a_program_that_fails_is_told_with_its_last_lines(given):
    text = "import sys; print(*range(30), sep='\\n', flush=True); sys.exit('\\x1b[31mno GPU')"
    with pytest.raises(MethodError, match="ended with exit status 1") as caught:
        script(text).answer(given, seed=0)
    lines = str(caught.value).splitlines()
    assert lines[1:] == [f"  {number}" for number in range(19, 30)] + ["   [31mno GPU"]
    assert caught.value.exit_code == 3
    with pytest.raises(MethodError, match="was ended by signal 9"):
        script("import os; os.kill(os.getpid(), 9)").answer(given, seed=0)


def test_a_program_that_hangs_is_ended_with_all_its_children(given):
    text = (
        "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time;"
        "time.sleep(60)']); print(child.pid, flush=True); time.sleep(60)"
    )
    start = time.monotonic()
    with pytest.raises(MethodError, match=r"did not end within 1\.5 s, its time_limit_s"):
        script(text, time_limit_s=1.5).answer(given, seed=0)
    assert time.monotonic() - start < 50, "it was waited for"
    _ensure_gone(int(given.log.read_text()))


def test_nothing_that_a_program_started_outlives_it(given):
    text = (
        "import subprocess, sys;"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    )
    with pytest.raises(MethodError, match="wrote no file"):
        script(text).answer(given, seed=0)
    _ensure_gone(int(given.log.read_text()))


def _ensure_gone(pid: int) -> None:
    for _ in range(100):
        try:
            os.kill(pid, 0)
            stat = Path(f"/proc/{pid}/stat")
            if stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return  # ended; whoever adopted it has not noticed yet
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} lives on")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("open(sys.argv[2], 'w').write('hello')", "no HDF5 signature"),
        ("os.mkfifo(sys.argv[2])", "expected a file"),
        ("os.symlink('/etc/passwd', sys.argv[2])", "the file"),
        ("import h5py; h5py.File(sys.argv[2], 'w').attrs['track'] = 'R'", "the test split, which is scored"),
    ],
)
def test_a_wrong_answer_is_a_failure_that_says_what_is_wrong(given, text, told):
    with pytest.raises(MethodError, match="wrote an answer that cannot be scored") as caught:
        script(f"import os, sys; {text}").answer(given, seed=0)
    assert told in str(caught.value)


def test_a_program_that_is_not_there(given):
    method = External(kind="external", name="mine", command=["no_such_program", *ENDS])
    with pytest.raises(MethodError, match="found no program to start as 'no_such_program'"):
        method.answer(given, seed=0)
    with pytest.raises(UsageError, match=r"there is no nothing\.py"):
        script("", files=["nothing.py"]).answer(given, seed=0)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"command": ["fit", "{data}"]}, r"\{submission\} must occur"),
        ({"command": ["fit", "{data}", "{submision}"]}, r"unknown placeholder \{submision\}"),
        ({"answer_format": "lfads"}, "give `states`"),
        ({"answer_format": "lfads", "states": "factors"}, "`given_inputs`"),
        ({"states": "factors"}, "for foreign answer formats"),
        ({"time_limit_s": 0.0}, "greater than 0"),
        ({"env": ["A=b"]}, "match pattern"),
    ],
)
def test_specs_that_make_no_sense_are_refused(fields, told):
    with pytest.raises(ValidationError, match=told):
        External(**{"kind": "external", "name": "mine", "command": ["fit", *ENDS]} | fields)


def test_formats_are_those_that_there_are():
    fields = External.model_fields
    assert {*get_args(fields["data_format"].annotation), "submission-template"} == set(FORMATS)
    assert {*get_args(fields["answer_format"].annotation)} == {"ctdspec", *LAYOUTS}


def test_the_shipped_spec_is_valid():
    text = (shipped("specs") / "data_models/external.yaml").read_text(encoding="utf-8")
    assert External.model_validate(YAML(typ="safe").load(text)).name == "external"


def test_a_recording_alone_is_not_enough(given):
    with pytest.raises(UsageError, match="reads files"):
        script("").fit(given.recording, 0)


def test_the_docs_show_the_example_that_is_tried(monkeypatch):
    docs = (ROOT / "docs/external.md").read_text(encoding="utf-8")
    assert f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```" in docs
    monkeypatch.chdir(ROOT)
    (_, method) = load(ROOT / "docs/examples/own_method.yaml").data_models
    assert isinstance(method, External)
    assert [source.resolve() for source in method.sources] == [EXAMPLE]
    for key in External.model_fields.keys() - {"kind", "name"}:
        assert f"`{key}`" in docs, key


def test_an_answer_as_lfads_writes_it(given):
    text = (
        "import h5py, shutil, sys; to = sys.argv[2]; shutil.copyfile(sys.argv[1] + '/lfads.h5', to)\n"
        "with h5py.File(to, 'a') as file:\n"
        "  for split in ('train', 'valid', 'test'):\n"
        "    spikes = file[split + '_encod_data'][...]\n"
        "    file[split + '_output_params'] = spikes[..., [*range(12), 0, 1, 2, 3]]\n"
        "    file[split + '_factors'] = spikes[..., :3]\n"
    )
    foreign = {"data_format": "lfads", "answer_format": "lfads", "given_inputs": False}
    answer = script(text, states="factors", **foreign).answer(given, seed=0)
    given.recording.expected.ensure(answer)
    assert answer.splits["test"].states.shape[2] == 3
    seen_hz = given.recording.held_in_spikes("test") / given.recording.bin_s
    held_in = answer.splits["test"].rates_hz[..., given.recording.held_in]
    np.testing.assert_allclose(held_in, seen_hz, rtol=1e-6)
    with pytest.raises(MethodError, match="there are no states 'latents'; the file has factors"):
        script(text, states="latents", **foreign).answer(given, seed=0)
