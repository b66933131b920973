"""The page that shows a dataset and how its methods fared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark, resolved_yaml
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.references import CHANCE_ROWS, REFERENCES
from ctdspec.pages.accuracy import read_accuracy
from ctdspec.pages.claim_table import read_claims
from ctdspec.pages.declared import declared_parts
from ctdspec.pages.oracle_bits import read_oracle_bits
from ctdspec.pages.render import render
from ctdspec.pages.score_table import by_metric
from ctdspec.pages.script import viewer_script
from ctdspec.pages.style import MUTED, TRUTH, Pen, applied
from ctdspec.results.score_record import ScoreRecord, read_scores
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import Manifest, read_manifest

_REFERENCE = Pen(TRUTH, "solid")


def write_report(folder: DatasetFolder, benchmark: Benchmark) -> Path:
    """Write the report of a built and scored dataset as one self-contained HTML page, and give its path.

    The page needs no network; without its one script, only what can be turned and chosen is missing. It
    computes no score: those are read from scores.json. The same inputs give the same bytes. What a dataset
    does not have is left out or said to be missing.

    Raises
    ------
    DatasetError
        If the truth, the manifest or the scores are missing or damaged.
    """
    manifest = read_manifest(folder.manifest)
    rows = read_scores(folder.scores_json)
    with applied():
        content = _content(folder, benchmark, manifest, rows)
    write_text(folder.report, render("report.html.j2", content))
    return folder.report


def _content(
    folder: DatasetFolder, benchmark: Benchmark, manifest: Manifest, rows: list[ScoreRecord]
) -> dict[str, Any]:
    """Gather everything that the template shows."""
    from ctdspec.pages import gallery
    from ctdspec.pages.scene import read_scene
    from ctdspec.pages.system import read_system, system_pictures
    from ctdspec.pages.viewers.neurons import chosen_neurons
    from ctdspec.pages.viewers.space import fixed_point_space, trajectory_space

    scene = read_scene(folder, benchmark, manifest, {row.method for row in rows})
    system = read_system(folder, benchmark)
    pens = {method.name: method.pen for method in scene.inferred}
    metrics = by_metric(rows)
    return {
        "benchmark": benchmark,
        "parts": declared_parts(benchmark),
        "spec_yaml": resolved_yaml(benchmark),
        "manifest": manifest,
        "files": _files(folder, manifest),
        "scene": scene,
        "mean_hz": scene.examples.mean_hz.mean(),
        "metrics": metrics,
        "catalogue": METRICS,
        "of_couplings": any("connectivity" in METRICS[metric].needs for metric in metrics),
        "references": REFERENCES,
        "shown": {row.method for row in rows},
        "oracle_bits": read_oracle_bits(folder, benchmark),
        "claims": read_claims(folder.claims) if benchmark.claims else [],
        "evidence_links": _evidence_links(benchmark, metrics, system is not None),
        "score_pictures": [
            gallery.score_picture(metric, group, _every_pen(group, pens)) for metric, group in metrics.items()
        ],
        "system": system,
        "system_pictures": [] if system is None else [*system_pictures(system, scene)],
        "fixed_point_space": None if system is None else fixed_point_space(system.fixed_points, scene),
        "accuracy": read_accuracy(folder, benchmark),
        "task_pictures": [*gallery.task_pictures(scene, benchmark)],
        "recording_pictures": [*gallery.recording_pictures(scene)],
        "rate_pictures": [*gallery.rate_pictures(scene)],
        "chosen_neurons": chosen_neurons(scene),
        "component_pictures": [*gallery.component_pictures(scene)],
        "n_trajectories": min(gallery.N_TRAJECTORIES, len(scene.examples.numbers)),
        "projection_pictures": [*gallery.projection_pictures(scene)],
        "trajectory_space": trajectory_space(scene),
        **viewer_script(),
    }


def _every_pen(rows: list[ScoreRecord], pens: Mapping[str, Pen]) -> dict[str, Pen]:
    """Give a pen to every row's method: chance is grey; ceilings, and strangers, are drawn like the truth."""
    chance = dict.fromkeys(CHANCE_ROWS, Pen(MUTED, "solid"))
    return {row.method: {**chance, **pens}.get(row.method, _REFERENCE) for row in rows}


def _evidence_links(benchmark: Benchmark, metrics: Mapping[str, Any], with_system: bool) -> dict[str, str]:
    """Give where on the page a claim's metric is shown: among the scores, or with the system."""
    facts = benchmark.analysis.fact_names if with_system and benchmark.analysis else ()
    return {**dict.fromkeys(facts, "#system"), **{name: f"#score-{name}" for name in metrics}}


def _files(folder: DatasetFolder, manifest: Manifest) -> dict[str, Any]:
    """Give the records of all files but the page itself, which cannot know its own digest."""
    own = folder.report.relative_to(folder.path).as_posix()
    return {path: record for path, record in sorted(manifest.files.items()) if path != own}
