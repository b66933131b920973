"""Judging what someone hands in: an answer to a dataset, or a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ctdspec.checks.dataset import integrity, recording_problems, release_problems, unsafe
from ctdspec.checks.evidence import Evidence, Hidden
from ctdspec.checks.finding import Finding, Verdict
from ctdspec.checks.profile import Profile, read_profile
from ctdspec.checks.submission import findings
from ctdspec.engine.hidden import read_hidden
from ctdspec.engine.verify import verify
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest
from ctdspec.store.recording import open_recording
from ctdspec.submissions.sandbox import read_apart


@dataclass(frozen=True)
class JudgedAnswer:
    """An answer, and what is wrong with it."""

    verdict: Verdict
    evidence: Evidence


def validate(
    path: str | Path, against: str | Path | None = None, public: bool = False, profile: str | None = None
) -> Verdict:
    """Say everything that is wrong with a submission, or with a dataset.

    A submission is read by a process that can do little else; see docs/validation.md.

    Parameters
    ----------
    path
        A submission, or the folder of a dataset.
    against
        For a submission: the folder of the dataset that it answers.
    public
        Look at nothing but the NWB pair of that dataset, as a participant can.
    profile
        Name or path of the profile; ``submission`` or ``dataset`` if not given.

    Raises
    ------
    UsageError
        If the arguments or the profile do not fit what is judged.
    DatasetError
        If the dataset is incomplete or damaged.
    """
    if against is not None:
        folder = DatasetFolder(Path(against))
        hidden = None if public else read_hidden(folder)
        return judge(Path(path), folder, hidden, profile).verdict
    if not Path(path).is_dir():
        raise UsageError(f"{path}: name the dataset that it answers, as in --against 3bff")
    return _dataset(DatasetFolder(Path(path)), _profile(profile or "dataset", "dataset"))


def _profile(name: str, judges: str) -> Profile:
    profile = read_profile(name)
    if profile.judges != judges:
        raise UsageError(f"{name}: this profile judges a {profile.judges}, not a {judges}; give another")
    return profile


def judge(path: Path, folder: DatasetFolder, hidden: Hidden | None, profile: str | None) -> JudgedAnswer:
    """Read an answer that someone else wrote, once, and say everything that is wrong with it.

    Parameters and errors are those of `validate`; `hidden` is what only the organiser can look at.
    """
    rules = _profile(profile or "submission", "submission")
    recording = open_recording(folder.path)
    answer, problems = read_apart(path, recording.expected)
    evidence = Evidence(answer, recording, hidden)
    return JudgedAnswer(Verdict(rules.profile, findings(problems, evidence, rules)), evidence)


def _dataset(folder: DatasetFolder, profile: Profile) -> Verdict:
    if found := list(unsafe(folder.path)):
        return Verdict(profile.profile, [Finding("error", problem) for problem in found])
    found = list(integrity(verify(folder.path)))
    name = read_manifest(folder.manifest).name
    found += release_problems([folder.path, shipped("datasets") / name])
    if not any(problem.place.endswith(".nwb") for problem in found):
        found += recording_problems(open_recording(folder.path))
    told = [finding for problem in found if (finding := profile.finding(problem)) is not None]
    return Verdict(profile.profile, sorted(told, key=lambda finding: finding.severity != "error"))
