"""How the best and the worst that an answer can be are computed, as a spec declares it."""

from __future__ import annotations

from pydantic import Field, model_validator

from ctdspec.metrics.ceilings.inference import Effort
from ctdspec.observation.noises.poisson import Poisson
from ctdspec.observation.observation import Observation
from ctdspec.spec.node import Node
from ctdspec.spec.placed import at


class InferenceCeiling(Node):
    """The posterior mean under the true system, by particles: what no method can exceed but by luck."""

    train_trials: int = Field(ge=5, le=100_000)
    """Train trials that are inferred; maps between states are fitted to them."""
    test_trials: int = Field(ge=2, le=100_000)
    """Test trials that are inferred and scored."""
    particles: int = Field(ge=10, le=10_000_000)
    """Particles per trial."""
    first_particles: int = Field(ge=10, le=10_000_000)
    """Particles per trial before the first resampling: many, if a trial may start anywhere."""
    lag_bins: int = Field(ge=1, le=10_000)
    """Bins, at least, that a state is inferred from after its own."""
    looks: int = Field(ge=1, le=10)
    """Looks at a trial whose inputs are unknown; each after the first is guided by the one before it."""
    blind_share: float = Field(gt=0, le=1)
    """Share of the inputs that guided looks draw blindly."""
    bank_trials: int = Field(ge=1, le=1_000_000)
    """Trials of the task from which unknown inputs are drawn, bin by bin."""
    jitter: float = Field(gt=0, lt=1)
    """Noise per bin, as a share of the latents' standard deviation, for a system without any noise."""

    @model_validator(mode="after")
    def _ensure_first_are_enough(self) -> InferenceCeiling:
        if self.first_particles < self.particles:
            raise ValueError(
                f"found {self.first_particles} first_particles and {self.particles} particles; the first "
                "must not be fewer"
            )
        return self

    @property
    def effort(self) -> Effort:
        """The same for the particle smoother."""
        return Effort(
            self.particles, self.first_particles, self.lag_bins, self.looks, self.blind_share, self.jitter
        )

    def ensure_fits(self, observation: Observation, n_train: int, n_test: int) -> None:
        """Raise ValueError, saying why, if the likelihood is not known, or there are too few trials."""
        kind = observation.noise.kind
        if not isinstance(observation.noise, Poisson):
            raise ValueError(f"needs a likelihood, known for noise poisson only; found {kind}: leave it out")
        if observation.sorting is not None:
            raise ValueError("needs each neuron's own spikes, which observation.sorting mixes; leave it out")
        for key, asked, there in (
            ("train_trials", self.train_trials, n_train),
            ("test_trials", self.test_trials, n_test),
        ):
            with at(key):
                if asked > there:
                    raise ValueError(f"found {asked}, but there are only {there}; ask for fewer")


class ReadoutCeiling(Node):
    """Poisson regressions from the true latents, and from the inputs of the task, to all neurons."""

    ridge: float = Field(gt=0)
    """Penalty per bin on weights of features of unit variance."""
    fit_bins: int = Field(ge=100)
    """Train bins, drawn at random, that are fitted to; all if there are fewer."""


class Ceilings(Node):
    """Further rows of the score table: ceilings below the oracle, and other kinds of chance.

    Chance by a circular shift in time, and by an Ornstein–Uhlenbeck process that is matched to latents and
    rates, is always among them.
    """

    inference: InferenceCeiling | None = None
    """What can be inferred from the held-in spikes; left out if it is not computed."""
    readout: ReadoutCeiling | None = None
    """What the states, and what the inputs alone, are worth if rates are learned from the train trials."""

    def ensure_fits(self, observation: Observation, n_train: int, n_test: int) -> None:
        """Raise ValueError, saying why, if a recording of so many trials has no such ceilings."""
        noise = observation.noise
        with at("readout"):
            if self.readout and noise.records != "spikes":
                raise ValueError(
                    f"needs spikes, but noise {noise.kind} records {noise.records}; leave it out"
                )
        with at("inference"):
            if self.inference:
                self.inference.ensure_fits(observation, n_train, n_test)
