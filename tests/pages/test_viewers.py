"""What a page carries for its viewers, unpacked here as their scripts do."""

import base64

import numpy as np
import pytest

from ctdspec.pages.scene import read_scene
from ctdspec.pages.style import TRUTH
from ctdspec.pages.system import FixedPointsSeen
from ctdspec.pages.viewers.neurons import MOST_VALUES, carried, chosen_neurons
from ctdspec.pages.viewers.packed import packed_counts, packed_levels, packed_positions
from ctdspec.pages.viewers.space import fixed_point_space, trajectory_space, unstable_directions
from ctdspec.store.manifest import read_manifest

TEST, BINS = 4, 40


@pytest.fixture(scope="module")
def scene(make):
    made = make(with_states=("first",), rates_only=("blind",))
    return read_scene(made.folder, made.benchmark, read_manifest(made.folder.manifest), ())


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def positions(text: str) -> np.ndarray:
    whole = unpacked(text, "<i2").astype(float)
    return np.where(whole == -32768, np.nan, whole / 10_000)


def test_positions_come_back():
    given = np.array([[0.0, -1.25, np.nan], [3.2, 99.0, -99.0]])
    back = positions(packed_positions(given)).reshape(2, 3)
    np.testing.assert_allclose(back[0], given[0], atol=1e-4)
    np.testing.assert_allclose(back[1], [3.2, 3.2767, -3.2767], atol=1e-4)


def test_levels_and_counts_come_back():
    levels = unpacked(packed_levels(np.array([0.0, 5.0, 10.0, np.nan]), np.array(10.0)), "u1")
    assert levels.tolist() == [0, 127, 254, 255]
    assert unpacked(packed_counts(np.array([0, 3, 70_000])), "u1").tolist() == [0, 3, 255]


def test_true_trajectories_keep_their_shape(scene):
    space = trajectory_space(scene)
    assert space is not None
    assert space.shown == ["truth", "first"], "a method without states has no trajectory"
    assert space.data["lines"][0]["colour"] == TRUTH
    drawn = positions(space.data["lines"][0]["positions"]).reshape(TEST, BINS, 3)
    true = scene.components
    np.testing.assert_array_equal(np.isnan(drawn), np.isnan(true))
    inside = np.abs(drawn) < 3
    assert inside[~np.isnan(drawn)].mean() > 0.98
    # One scale for all three axes: distances keep their ratios.
    apart = [np.linalg.norm(moved[:, 30] - moved[:, 0], axis=1) for moved in (drawn, true)]
    np.testing.assert_allclose(apart[0] / apart[1], apart[0][0] / apart[1][0], rtol=1e-2)


def test_two_components_are_not_turned(make):
    made = make(n_latents=2)
    plane = read_scene(made.folder, made.benchmark, read_manifest(made.folder.manifest), ())
    assert trajectory_space(plane) is None


def test_directions_that_grow_are_the_unstable_ones():
    """Of a step that grows along (1, 1, 0), turns and grows in a plane beside it, or only decays."""
    one = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
    grows = 0.5 * np.eye(3) + 0.7 * np.outer(one, one)
    (found,) = unstable_directions(grows)
    assert abs(found @ one) == pytest.approx(1)
    spiral = np.zeros((3, 3))
    spiral[:2, :2] = 1.1 * np.array([[0.6, -0.8], [0.8, 0.6]])
    plane = unstable_directions(spiral)
    assert plane.shape == (2, 3)
    np.testing.assert_allclose(plane[:, 2], 0, atol=1e-12)
    assert np.linalg.matrix_rank(plane) == 2
    assert unstable_directions(0.9 * np.eye(3)).shape == (0, 3)


def test_fixed_points_lie_where_they_are(scene):
    far = scene.axes.mean + 100 * scene.axes.axes[:, 0]
    points = np.stack([scene.axes.mean, far])
    jacobian = np.stack([0.5 * np.eye(4), np.diag([0.5, 0.5, 0.5, 0.5])])
    jacobian[1] += np.outer(scene.axes.axes[:, 1], scene.axes.axes[:, 1])
    eigenvalues = np.linalg.eigvals(jacobian)
    seen = FixedPointsSeen(
        points, np.zeros((0, 4)), np.array([0, 1]), jacobian, eigenvalues, np.ones((2, 4)), "complete", "", ""
    )
    space = fixed_point_space(seen, scene)
    assert space is not None
    assert space.shown == ["trajectories", "stable (1)", "1 unstable (1)"]
    stable, saddle = space.data["points"]
    assert positions(saddle["at"])[0] == pytest.approx(1, abs=0.01), "the box reaches the furthest point"
    assert positions(stable["at"])[0] < positions(saddle["at"])[0]
    assert not stable["ways"]
    np.testing.assert_allclose(np.abs(positions(saddle["ways"])[3:]), [0, 0.2, 0], atol=1e-3)
    assert fixed_point_space(None, scene) is None


def test_kinds_are_those_of_the_figure(scene):
    """Three unstable directions and four are one kind; points that only are slow have no directions."""
    n, growing = 3, 1.5 * np.eye(4)
    jacobian = np.stack([0.5 * np.eye(4), growing, growing])
    points = np.tile(scene.axes.mean, (n, 1))
    eigenvalues = np.linalg.eigvals(jacobian)
    seen = FixedPointsSeen(
        points, points[:2], np.array([0, 3, 4]), jacobian, eigenvalues, np.ones((n, 4)), "complete", "", ""
    )
    space = fixed_point_space(seen, scene)
    assert space is not None
    assert space.shown == ["trajectories", "stable (1)", "3 or more unstable (2)", "slow (2)"]
    assert [bool(kind["ways"]) for kind in space.data["points"]] == [False, True, False]


def test_rates_and_spikes_of_a_neuron_are_its_own(scene):
    chosen = chosen_neurons(scene)
    assert chosen.shown == ["truth", "first", "blind"]
    assert len(chosen.neurons) == chosen.n_neurons == 7
    which = next(neuron.place for neuron in chosen.neurons if neuron.label.startswith("3,"))
    spikes = unpacked(chosen.data["spikes"], "u1").reshape(TEST, 7, BINS)
    np.testing.assert_array_equal(spikes[:, which], scene.examples.spikes[..., 3])
    truth = chosen.data["lines"][0]
    levels = unpacked(truth["levels"], "u1").reshape(TEST, 7, BINS)[:, which].astype(float)
    most = truth["most_hz"][which]
    drawn = np.where(levels == 255, np.nan, levels / 254 * most)
    np.testing.assert_allclose(drawn, scene.examples.rates_hz[..., 3], atol=most / 400)
    assert chosen.data["valid_bins"] == [35, 40, 40, 40]


def test_first_neuron_is_the_fastest(scene):
    labels = [neuron.label for neuron in chosen_neurons(scene).neurons]
    rates = [float(label.split(", ")[2].removesuffix(" Hz")) for label in labels]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize("shape", [(10, 500, 60), (10, 1000, 2000), (2, 100_000, 50), (1, 10, 1)])
def test_pages_stay_small(shape):
    n_trials, n_neurons = carried(shape, n_lines=5)
    assert 1 <= n_trials <= shape[0]
    assert 1 <= n_neurons <= shape[2]
    assert n_trials * n_neurons * shape[1] * 5 <= MOST_VALUES or n_neurons == 1
