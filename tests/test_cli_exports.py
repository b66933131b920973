"""The verb `export`: what it prints, where it writes, and its exit codes."""

import json

from ctdspec.bundles.catalogue import FORMATS


def test_help_has_an_example_and_every_format(ctdspec):
    code, out, _ = ctdspec("export", "--help")
    assert code == 0
    assert "Example: ctdspec export" in out
    words = out.replace("│", " ").replace(",", " ").replace(".", " ").split()
    assert set(FORMATS) <= set(words)
    assert "--json" in out


def test_a_bundle_is_for_the_public_unless_said_otherwise(ctdspec, tiny_lorenz, tmp_path):
    to = tmp_path / "bundle"
    code, out, _ = ctdspec("export", tiny_lorenz, "--format", "lfads", "--to", to)
    assert (code, out.split()) == (0, ["bundle", str(to)])
    assert not (to / "organiser").exists()
    dataset = ("export", "tiny_lorenz", "--out", tiny_lorenz.parent)
    code, out, _ = ctdspec(*dataset, "--format", "lfads", "--to", to, "--for", "organiser", "--json")
    assert (code, json.loads(out)) == (0, {"bundle": str(to), "format": "lfads", "for": "organiser"})
    assert (to / "organiser").is_dir()


def test_mistakes_are_told_with_their_codes(ctdspec, tiny_lorenz, tmp_path):
    code, _, err = ctdspec("export", tiny_lorenz, "--format", "matlab", "--to", tmp_path / "b")
    assert (code, "the formats are nwb" in err) == (2, True)
    code, _, err = ctdspec("export", tmp_path, "--format", "nwb", "--to", tmp_path / "b")
    assert (code, "ctdspec run" in err) == (3, True)
    code, _, err = ctdspec("export", tiny_lorenz, "--format", "nwb", "--to", tmp_path, "--for", "friends")
    assert code == 2
