from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ctdspec.benchmark import Benchmark
from ctdspec.engine.picture import N_CONDITIONS, framed, observation_path, record_repeats
from ctdspec.errors import UsageError
from ctdspec.pages.observation_picture import write_picture
from ctdspec.pages.repeats import Repeats
from ctdspec.spec.problem import SpecError
from ctdspec.trials import TrialCounts


def small(name: str) -> Benchmark:
    counts = TrialCounts(train=36, val=2, test=2)
    return framed(observation_path(name)).model_copy(update={"trials": counts})


@pytest.fixture(scope="module")
def cortex() -> Repeats:
    return record_repeats(small("cortex"))


def test_trials_repeat_a_few_trajectories_and_spikes_do_not(cortex):
    latents, spikes = cortex.truth["latents"], cortex.truth["spikes"]
    assert latents.shape[:2] == (40, 200)
    for trial in range(N_CONDITIONS, 40):
        np.testing.assert_array_equal(latents[trial], latents[trial % N_CONDITIONS])
        assert (spikes[trial] != spikes[trial % N_CONDITIONS]).any()
    for one in range(N_CONDITIONS):
        for other in range(one):
            assert np.abs(latents[one, 0] - latents[other, 0]).max() > 0.1


def test_trajectories_are_those_of_the_lorenz_system(cortex):
    from scipy.integrate import solve_ivp

    def field(_, state):
        x, y, z = state
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    latents = cortex.truth["latents"][0]
    # 10 ms are 0.04 of the equations' own time; errors of float32 and of rk4 have grown little by then.
    times = 0.04 * np.arange(25)
    solved = solve_ivp(field, (0, 1), latents[0], t_eval=times, rtol=1e-9, atol=1e-9).y.T
    np.testing.assert_allclose(latents[:25], solved, atol=0.02)


def test_windows_hold_the_counts_of_their_bins(cortex):
    counts = cortex.per_window(cortex.recorded, 30)
    assert counts.shape == (N_CONDITIONS, 8, 6, 60)
    # Condition 2, repeat 3 is trial 17; window 4 begins at bin 120.
    np.testing.assert_array_equal(counts[2, 3, 4], cortex.recorded[17, 120:150].sum(axis=0))


def test_windows_of_lost_neurons_are_not_numbers():
    repeats = record_repeats(small("dropout"))
    lost = ~repeats.truth["observed"]
    assert lost.any()
    counts = repeats.per_window(repeats.recorded, 10)
    for trial in range(40):
        nan = np.isnan(counts[trial % N_CONDITIONS, trial // N_CONDITIONS])
        np.testing.assert_array_equal(nan, np.broadcast_to(lost[trial], nan.shape))


# One for every panel on the right, and populations.
@pytest.mark.parametrize(
    "name",
    ["refractory", "gaussian", "calcium", "identity", "by_population", "by_loading", "drift", "shared_gain",
     "sorting", "dropout", "sessions"],
)  # fmt: skip
def test_every_kind_of_picture_can_be_drawn(name, tmp_path):
    write_picture(tmp_path / "a.png", record_repeats(small(name)))
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image.convert("L"))
        assert image.width > 2.5 * image.height
    thirds = np.array_split(pixels, 3, axis=1)
    assert all((third < 128).mean() > 0.005 for third in thirds), "every panel has something in it"


def test_the_same_recording_gives_the_same_bytes(cortex, tmp_path):
    write_picture(tmp_path / "a.png", cortex)
    write_picture(tmp_path / "b.png", record_repeats(small("cortex")))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.png", "b.png"]


def test_mistakes_are_told_at_their_place_in_the_observations_own_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("use: observations/cortex\nneurons: {held_inn: 5}\nnoise: {kind: poison}\n")
    with pytest.raises(SpecError) as error:
        framed(path)
    text = str(error.value)
    assert "mine.yaml:2" in text
    assert "observation.neurons.held_inn" in text
    assert "mine.yaml:3" in text
    assert "did you mean 'poisson'" in text


def test_a_rate_that_cannot_be_realised_is_told_too(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("use: observations/cortex\nrates: {mean_hz: 500.0}\nnoise: {kind: bernoulli}\n")
    with pytest.raises(SpecError, match="at most 1 per bin"):
        framed(path)


def test_files_beside_the_observation_can_be_used(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/noise.yaml").write_text("{kind: negative_binomial, fano: 3.0}\n")
    (tmp_path / "mine.yaml").write_text("use: observations/cortex\nnoise: {use: parts/noise}\n")
    assert framed(tmp_path / "mine.yaml").observation.noise.fano == 3.0


def test_unknown_names_get_a_hint():
    with pytest.raises(UsageError, match="did you mean 'refractory'"):
        observation_path("refractori")
    assert observation_path(Path("x")) == Path("x")


def test_the_picture_in_the_docs_is_the_one_that_is_drawn(tmp_path):
    write_picture(tmp_path / "cortex.png", record_repeats(framed(observation_path("cortex"))))
    committed = Path(__file__).parents[2] / "docs/pictures/observations/cortex.png"
    with Image.open(tmp_path / "cortex.png") as drawn, Image.open(committed) as shown:
        assert drawn.size == shown.size
        apart = np.abs(np.asarray(drawn.convert("L"), int) - np.asarray(shown.convert("L"), int))
    # Letters and lines may be drawn a little differently elsewhere; other spikes change 3 % of the pixels.
    assert (apart > 64).mean() < 0.01, "draw them again: the command is in docs/observations.md"
