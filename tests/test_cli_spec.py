"""The verbs for writing specs: what they print, where, and with which exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ctdspec.benchmark import load
from ctdspec.cli import main
from ctdspec.spec.digest import digest

BAD = Path(__file__).parent / "spec/bad"
VERBS = ["lint", "schema", "new", "list", "show"]


MAIN = [sys.executable, "-c", "from ctdspec.cli import main; main()"]


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def ctdspec(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command line in this process, in the folder of bad examples or another."""

    def run(*arguments: str, cwd: Path = BAD) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["ctdspec", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        return Done(code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example(ctdspec, verb: str) -> None:
    done = ctdspec(verb, "--help")
    assert done.returncode == 0
    assert f"Example: ctdspec {verb}" in done.stdout
    assert "--json" in done.stdout


def test_lint_says_what_is_wrong(ctdspec) -> None:
    done = ctdspec("lint", "parts/base.yaml", "unknown_key.yaml", "missing")
    assert done.returncode == 2
    assert "parts/base.yaml: fine" in done.stdout
    assert (BAD / "unknown_key.txt").read_text() in done.stdout
    assert "no shipped benchmark 'missing'" in done.stdout
    assert done.stderr == ""
    assert ctdspec("lint", "parts/base.yaml").returncode == 0


def test_lint_as_data(ctdspec) -> None:
    done = ctdspec("lint", "--json", "unknown_key.yaml", "parts/base.yaml")
    bad, good = json.loads(done.stdout)["specs"]
    assert done.returncode == 2
    assert good == {"spec": "parts/base.yaml", "ok": True}
    assert bad["problems"] == [
        {
            "file": "unknown_key.yaml",
            "line": 4,
            "column": 5,
            "path": "observation.neurons.hel_in",
            "message": "unknown key",
            "found": "50",
            "allowed": "held_in, held_out, fraction, held_out_fraction, circuit, selection",
            "hint": "did you mean 'held_in'?",
        }
    ]


def test_show_prints_what_reads_back(ctdspec, tmp_path: Path) -> None:
    done = ctdspec("show", "lorenz")
    (tmp_path / "again.yaml").write_text(done.stdout)
    assert load(tmp_path / "again.yaml") == load("lorenz")
    assert digest(load("lorenz")) in done.stdout


def test_show_counts(ctdspec, tmp_path: Path) -> None:
    cost = json.loads(ctdspec("show", "parts/base.yaml", "--json").stdout)["cost"]
    # 12 trials of 1 s, 60 neurons at 10 Hz
    assert cost["trials"] * cost["bins"] * cost["neurons"] == 12 * 100 * 60
    assert cost["spikes"] == pytest.approx(7200)


def test_show_a_kind(ctdspec) -> None:
    text = ctdspec("show", "flip_flop").stdout
    assert "pulse_probability" in text
    assert "> 0 and <= 0.5" in text
    assert "per bin and sign" in text
    fields = json.loads(ctdspec("show", "lorenz", "--kind", "--json").stdout)["system"]["fields"]
    assert fields["integrator"]["allowed"] == "rk4, euler_maruyama"


def test_list_names_everything(ctdspec) -> None:
    found = json.loads(ctdspec("list", "--json").stdout)
    assert "lorenz" in found["benchmarks"]
    assert "flip_flop" in found["kinds"]["task"]
    text = ctdspec("list").stdout
    assert all(name in text for name in [*found["benchmarks"], *found["kinds"]["task"]])


def test_schema_is_json(ctdspec) -> None:
    assert json.loads(ctdspec("schema").stdout)["title"] == "ctdspec benchmark"


def test_new_writes_a_spec_that_is_fine(ctdspec, tmp_path: Path) -> None:
    done = ctdspec("new", "mine", "--like", "lorenz", cwd=tmp_path)
    assert done.returncode == 0
    made = load(tmp_path / "mine.yaml")
    assert made == load("lorenz").model_copy(update={"name": "mine"})
    text = (tmp_path / "mine.yaml").read_text()
    keys = YAML(typ="safe", pure=True).load(text)
    assert text.count("\n# ") > len(keys) - 2
    again = ctdspec("new", "mine", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists" in again.stderr
    assert (tmp_path / "mine.yaml").read_text() == text


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "../x"),
        ("new", "Mine"),
        ("new", "mine", "--like", "nothing"),
        ("new", "mine", "--in", "/nowhere"),
        ("show", "nothing"),
        ("show", "circle.yaml"),
        ("show", "nothing", "--kind"),
        ("lint",),
        ("nonsense",),
        ("lint", "--nonsense"),
    ],
)
def test_the_users_faults_end_with_two_and_no_traceback(
    ctdspec, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    cwd = BAD if "circle.yaml" in arguments else tmp_path
    done = ctdspec(*arguments, cwd=cwd)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_errors_as_data(ctdspec) -> None:
    done = ctdspec("show", "circle.yaml", "--json")
    error = json.loads(done.stdout)
    assert done.returncode == error["exit_code"] == 2
    assert error["problems"][0]["file"] == "parts/round_b.yaml"


def test_a_reader_that_leaves_hears_nothing() -> None:
    process = subprocess.Popen([*MAIN, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.wait(timeout=120)
    process.stderr.close()


def test_an_ascii_terminal_is_served() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [*MAIN, "show", "lorenz", "--kind"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_an_interruption_has_its_own_code(ctdspec, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(spec: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ctdspec.cli.check.check", interrupt)
    done = ctdspec("lint", "lorenz")
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_show_tells_what_a_task_is(ctdspec) -> None:
    text = ctdspec("show", "poisson_clicks").stdout
    for told in ("clicks_left", "Brunton et al. 2013", "decision (0.2 s", "benchmarks  clicks\n", "40"):
        assert told in text
    told = json.loads(ctdspec("show", "poisson_clicks", "--json").stdout)["task"]
    assert told["benchmarks"] == ["clicks"]
    shipped = told["shipped"]["poisson_clicks"]
    assert [phase["name"] for phase in shipped["phases"]] == ["fixation", "stimulus", "decision"]
    assert shipped["spec"]["rate_hz"] == 40


def test_show_a_file_of_a_task(ctdspec) -> None:
    for name in ("centre_out", "tasks/centre_out"):
        assert "distance_m: 0.1" in ctdspec("show", name).stdout
    told = json.loads(ctdspec("show", "tasks/random_target", "--json").stdout)
    assert told["inputs"]["names"][:2] == ["target_x", "target_y"]
    assert "random_target" in told["benchmarks"]


def test_a_benchmark_and_a_task_of_one_name_are_both_shown(ctdspec, tmp_path: Path) -> None:
    done = ctdspec("show", "random_target")
    assert "# task random_target: Hold the hand still" in done.stdout
    (tmp_path / "again.yaml").write_text(done.stdout)
    assert load(tmp_path / "again.yaml") == load("random_target")
    told = json.loads(ctdspec("show", "random_target", "--json").stdout)
    assert told["task"]["outputs"]["names"] == ["hand_x", "hand_y"]
    assert told["spec"]["name"] == "random_target"
