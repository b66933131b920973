"""The verb `picture`: what it prints, where it writes, and its exit codes."""

import json


def test_help_has_an_example(ctdspec):
    code, out, _ = ctdspec("picture", "--help")
    assert code == 0
    assert "Example: ctdspec picture" in out
    assert "--json" in out


def test_names_and_paths_are_drawn_and_told(ctdspec, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("use: observations/cortex\nneurons: {held_in: 5, held_out: 2}\n")
    code, out, err = ctdspec("picture", mine, "--to", tmp_path / "drawn")
    assert (code, out, err) == (0, f"{tmp_path / 'drawn/mine.png'}\n", "ctdspec: drawing\n")
    assert (tmp_path / "drawn/mine.png").read_bytes().startswith(b"\x89PNG")
    code, out, err = ctdspec("picture", "identity", "--to", tmp_path, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"pictures": [str(tmp_path / "identity.png")], "left_out": {}}


def test_mistakes_are_told_with_their_codes_and_nothing_is_written(ctdspec, tmp_path):
    to = tmp_path / "drawn"
    code, _, err = ctdspec("picture", "--to", to)
    assert (code, "give --all" in err) == (2, True)
    code, _, err = ctdspec("picture", "cortex", "--all", "--to", to)
    assert (code, "not both" in err) == (2, True)
    code, _, err = ctdspec("picture", "identity", "cortx", "--to", to)
    assert (code, "did you mean 'cortex'" in err) == (2, True)
    code, _, err = ctdspec("picture", tmp_path / "missing.yaml", "--to", to)
    assert (code, "cannot be read" in err) == (2, True)
    code, _, err = ctdspec("picture", "cortex", tmp_path / "cortex.yaml", "--to", to)
    assert (code, "both be drawn as cortex.png" in err) == (2, True)
    bad = tmp_path / "bad.yaml"
    bad.write_text("use: observations/cortex\nneurons: {held_in: none}\n")
    code, out, _ = ctdspec("picture", bad, "--to", to, "--json")
    assert (code, json.loads(out)["exit_code"]) == (2, 2)
    assert not to.exists()


def test_tasks_and_metrics_are_drawn_by_name(ctdspec, tmp_path):
    code, out, err = ctdspec("picture", "--of", "tasks", "sensory_integration", "--to", tmp_path, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"pictures": [str(tmp_path / "sensory_integration.png")], "left_out": {}}
    code, _, err = ctdspec("picture", "--of", "metrics", "--to", tmp_path)
    assert (code, "name the metrics to draw" in err) == (2, True)
    code, _, err = ctdspec("picture", "--of", "metrics", "flo", "--to", tmp_path)
    assert (code, "did you mean 'flow'" in err) == (2, True)
