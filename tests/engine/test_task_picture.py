"""Tasks are drawn with the answers of the network that was trained on them."""

import numpy as np
import pytest
from PIL import Image

from ctdspec.engine.task_picture import draw_tasks, perform, trained_on
from ctdspec.errors import UsageError
from ctdspec.pages.task_picture import write_task_picture
from ctdspec.tasks.shipped import read_task


def test_the_network_is_the_one_that_practised_the_task():
    found = trained_on(read_task("flip_flop"))
    assert found is not None
    assert found.name == "3bff"
    centre_out = trained_on(read_task("centre_out"))
    assert centre_out is not None
    assert centre_out.name == "random_target", "of the same kind, with other numbers"
    assert trained_on(read_task("sensory_integration")) is None


def test_examples_are_of_different_conditions_and_phases():
    performance = perform("multitask", 60)
    first, second = performance.examples(2)
    names = [performance.task.condition_names[performance.conditions[trial]] for trial in (first, second)]
    # Only decisions have all six phases.
    assert names[0].startswith(("Int", "ContextInt"))
    assert not names[1].startswith(("Int", "ContextInt"))
    assert len(perform("flip_flop", 3).examples(2)) == 1


@pytest.mark.parametrize("name", ["poisson_clicks", "sensory_integration"])
def test_a_picture_is_drawn_and_is_the_same_again(name, tmp_path):
    performance = perform(name, 40)
    for file in ("a.png", "b.png"):
        write_task_picture(tmp_path / file, performance)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image.convert("L"))
    assert all((half < 128).mean() > 0.003 for half in np.array_split(pixels, 2, axis=1))


def test_an_unknown_task_is_told_before_anything_is_drawn(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'flip_flop'"):
        draw_tasks(["poisson_clicks", "flip_flip"], tmp_path / "to")
    assert not (tmp_path / "to").exists()
