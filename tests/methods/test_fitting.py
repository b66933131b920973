"""The loop that fits networks, tried on a network of a few lines."""

from typing import Literal

import numpy as np
import pytest

from ctdspec.errors import MethodError
from ctdspec.methods.fitting import Fitting
from ctdspec.methods.method import Given
from ctdspec.methods.trained import Trained

torch = pytest.importorskip("torch")

from ctdspec.methods._sequential import Inferred, SequentialModel, dropout  # noqa: E402

RECIPE = {
    "batch_trials": 16,
    "learning_rate": 0.02,
    "warmup_steps": 5,
    "decay": 0.5,
    "plateau_checks": 2,
    "patience_checks": 4,
    "check_every_epochs": 2,
    "max_epochs": 12,
    "gradient_clip": 1.0,
    "weight_decay": 0.0,
    "device": "cpu",
}


class _Filter(SequentialModel):
    """Log rates linear in what a recurrent layer makes of the visible spikes."""

    def __init__(self, sizes, units):
        super().__init__()
        self.rnn = torch.nn.GRU(sizes.n_visible, units, batch_first=True, bidirectional=True)
        self.readout = torch.nn.Linear(2 * units, len(sizes.mean_counts))
        with torch.no_grad():
            self.readout.bias.copy_(torch.from_numpy(np.log(sizes.mean_counts)))

    def loss(self, batch, epoch, draws):
        log_expected = self.readout(self.rnn(dropout(batch.visible, 0.3, draws))[0])
        nats = torch.nn.functional.poisson_nll_loss(log_expected, batch.counts, reduction="none")
        return (nats * batch.seen).mean()

    def infer(self, batch, draws):
        states = self.rnn(batch.visible)[0]
        return Inferred(self.readout(states).exp(), states)


class Filter(Trained):
    kind: Literal["filter"]
    units: int

    @property
    def given_inputs(self):
        return False

    def network(self, sizes, seed):
        return _Filter(sizes, self.units)


def method(**changed):
    return Filter(kind="filter", name="filter", units=6, fitting=Fitting(**{**RECIPE, **changed}))


@pytest.fixture(scope="module")
def undisturbed(world):
    return method().fit(world.recording, 0)


def given(world, folder, track):
    return Given(world.recording, lambda to, format: None, folder / "log.txt", track)


def same(one, other):
    names = ("rates_hz", "states")
    arrays = [
        (getattr(one.splits[split], name), getattr(other.splits[split], name))
        for split in one.splits
        for name in names
    ]
    return all(np.array_equal(a, b) for a, b in arrays) and one.parameters == other.parameters


def test_a_fit_is_repeated_bit_by_bit(world, undisturbed):
    torch.manual_seed(5)  # PyTorch's own generator plays no part
    assert same(method().fit(world.recording, 0), undisturbed)
    assert not same(method().fit(world.recording, 1), undisturbed)


def test_an_interrupted_fit_ends_as_an_undisturbed_one(world, undisturbed, tmp_path):
    def interrupted(items, doing, total):
        for number, item in enumerate(items):
            if number == 7:  # in the middle between two checks
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        method().answer(given(world, tmp_path, interrupted), 0)
    assert [path.suffix for path in tmp_path.iterdir()] == [".ckpt"]
    told = []

    def listening(items, doing, total):
        told.append((doing, total))
        return items

    assert same(method().answer(given(world, tmp_path, listening), 0), undisturbed)
    assert told == [("fitting filter", 6)]
    assert [path.name for path in tmp_path.iterdir()] == ["fit.json"]


def test_a_damaged_checkpoint_is_told(world, tmp_path):
    def interrupted(items, doing, total):
        yield from (0, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        method().answer(given(world, tmp_path, interrupted), 0)
    (checkpoint,) = tmp_path.iterdir()
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(MethodError, match=r"fit-.*ckpt: damaged; delete it"):
        method().answer(given(world, tmp_path, lambda items, doing, total: items), 0)


def test_divergence_is_told(world, monkeypatch):
    finite = _Filter.loss
    monkeypatch.setattr(_Filter, "loss", lambda *given: finite(*given) * torch.inf)
    with pytest.raises(MethodError, match=r"diverged at step 0: .* lower fitting\.learning_rate"):
        method().fit(world.recording, 0)
