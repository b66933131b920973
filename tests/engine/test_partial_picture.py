"""Pictures of partial observation: what they show is so, and one command draws them."""

import numpy as np
import pytest
from PIL import Image

from ctdspec.engine.partial_picture import PICTURES, draw_partial_observation, limit_sets, spectra
from ctdspec.errors import UsageError


def test_spectra_are_of_circuits_whose_own_modes_are_fast():
    seen = {each.name: each for each in spectra().spectra}
    for name in ("feedforward integrator", "feedforward chain", "low rank, two"):
        assert np.all(seen[name].true == 0)
        assert seen[name].student.real.max() > 0.7
    symmetric = seen["symmetric"]
    assert symmetric.student.real.max() < symmetric.true.real.max()


@pytest.mark.slow
def test_a_student_of_a_tenth_cycles_where_the_circuit_and_a_student_of_half_rest():
    runs = {each.name: each.along for each in limit_sets().limit_sets}
    last = {name: np.abs(along[:, -along.shape[1] // 3 :]).max() for name, along in runs.items()}
    assert last["circuit"] < 1e-3
    assert last["student of half"] < 1e-2
    assert last["student of a tenth"] > 0.2


def test_pictures_are_drawn_by_name(tmp_path):
    [path] = draw_partial_observation(["spectra"], tmp_path)
    with Image.open(path) as image:
        width, height = image.size
    assert width > 2 * height > 400
    assert set(PICTURES) == {"spectra", "time_constants", "flow_fields", "limit_sets"}
    with pytest.raises(UsageError, match="did you mean 'spectra'"):
        draw_partial_observation(["spectre"], tmp_path)
