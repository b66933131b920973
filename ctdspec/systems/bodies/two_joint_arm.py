"""An arm with six muscles, seen and felt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.arm.arm import (
    ACTIVATIONS,
    ANGLES,
    N_BODY,
    SKELETON,
    VELOCITIES,
    arm_step,
    resting_arm,
)
from ctdspec.arm.muscles import MUSCLES, muscles_like
from ctdspec.arm.skeleton import JOINTS
from ctdspec.dynamics.dynamics import Array, Measurement
from ctdspec.systems.bodies.body import Body
from ctdspec.tasks.random_target import REACH_INPUTS, REACH_OUTPUTS
from ctdspec.tasks.task import Task

_N_FELT, _N_SEEN = 2 * len(MUSCLES), 2
_CUES, _FORCE = slice(0, 4), slice(4, 6)
_GAZE_M, _VIEW_M = (0.0, 0.42), 0.1
"""Where the eyes look, and the distance from there that is 1 in the visual signals."""
_FELT_GAIN = 5.0
_REST_COMMAND = -2.0


class TwoJointArm(Body):
    """The arm of `ctdspec.arm`: excitations of six muscles move a hand in the plane.

    The network receives the place of the target and of the hand as the eyes give them, in decimetres around
    0.42 m in front of the shoulder, the two cues, and lengths and velocities of the muscles. What is seen and
    felt of the arm comes late: delay lines are part of the state. A command c excites its muscle by
    1 / (1 + exp(2 − c)), which is 12 % if there is none.

    The state is that of the arm (angles, angular velocities, activations), then the felt and the seen signals
    on their way, the oldest first.
    """

    kind: Literal["two_joint_arm"]
    steps_per_bin: int = Field(ge=1, le=100)
    """Steps of the mechanics in each bin."""
    felt_delay_bins: int = Field(ge=1, le=100)
    """Delay of lengths and velocities of muscles; at 1 the network feels what the last bin ended with."""
    seen_delay_bins: int = Field(ge=1, le=100)
    """Delay of the sight of the hand."""
    felt_noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on lengths, in optimal lengths, and on velocities, in units of the
    greatest shortening velocity."""
    seen_noise_sd_m: float = Field(ge=0)
    """Standard deviation of the noise on the sight of the hand, in metres."""
    command_noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each command."""

    @property
    def n_states(self) -> int:
        """Arm and delay lines."""
        return N_BODY + self.felt_delay_bins * _N_FELT + self.seen_delay_bins * _N_SEEN

    @property
    def n_signals(self) -> int:
        """Cues, what is felt and what is seen."""
        return _CUES.stop + _N_FELT + _N_SEEN

    @property
    def n_commands(self) -> int:
        """One for each muscle."""
        return len(MUSCLES)

    @property
    def n_noises(self) -> int:
        """One draw for each signal of the arm and each command."""
        return _N_FELT + _N_SEEN + len(MUSCLES)

    @property
    def measurements(self) -> Mapping[str, Measurement]:
        """Hand, joints and muscles."""
        return _MEASUREMENTS

    def ensure_serves(self, task: Task) -> None:
        """Refuse a task that is no reach."""
        if task.input_names != REACH_INPUTS or task.output_names != REACH_OUTPUTS:
            raise ValueError(
                f"a body of kind {self.kind!r} reaches: the task {task.kind!r} must have the inputs "
                f"{', '.join(REACH_INPUTS)} and the outputs {', '.join(REACH_OUTPUTS)}; "
                "take random_target, or leave the body out"
            )

    def at_rest(self, start: Array) -> Array:
        """Give arms that have always stood still with the hand at `start` (trial, 2)."""
        arm = resting_arm(SKELETON.angles_at(start))
        felt, seen = _felt(arm), _seen(arm)
        lines = [felt] * self.felt_delay_bins + [seen] * self.seen_delay_bins
        return array_namespace(arm).concat([arm, *lines], axis=-1)

    def signals(self, states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give target as seen (2), cues (2), felt (12) and seen (2) of the arm."""
        xp = array_namespace(states)
        first = N_BODY + self.felt_delay_bins * _N_FELT
        felt, seen = states[..., N_BODY : N_BODY + _N_FELT], states[..., first : first + _N_SEEN]
        if noise is not None:
            felt = felt + self.felt_noise_sd * noise[..., :_N_FELT]
            seen = seen + self.seen_noise_sd_m / _VIEW_M * noise[..., _N_FELT : _N_FELT + _N_SEEN]
        target = _view(inputs[..., :2]) * inputs[..., 2:3]
        return xp.concat([target, inputs[..., 2:4], _FELT_GAIN * felt, seen], axis=-1)

    def step(self, states: Array, commands: Array, inputs: Array, noise: Array | None, bin_s: float) -> Array:
        """Move the arm, and the signals on their way."""
        xp = array_namespace(states)
        if noise is not None:
            commands = commands + self.command_noise_sd * noise[..., _N_FELT + _N_SEEN :]
        excitations = 0.5 + 0.5 * xp.tanh(0.5 * (commands + _REST_COMMAND))
        arm = arm_step(
            states[..., :N_BODY], excitations, bin_s / self.steps_per_bin, self.steps_per_bin,
            inputs[..., _FORCE],
        )  # fmt: skip
        seen_from = N_BODY + self.felt_delay_bins * _N_FELT
        felt_line = states[..., N_BODY + _N_FELT : seen_from]
        seen_line = states[..., seen_from + _N_SEEN :]
        return xp.concat([arm, felt_line, _felt(arm), seen_line, _seen(arm)], axis=-1)

    def outputs(self, states: Array) -> Array:
        """Give the place of the hand in metres."""
        return SKELETON.hand(states[..., ANGLES])

    def measure(self, states: Array) -> Mapping[str, Array]:
        """Give hand, joints and muscles."""
        angles, velocities = states[..., ANGLES], states[..., VELOCITIES]
        muscles = muscles_like(states)
        return {
            "hand_position": SKELETON.hand(angles),
            "hand_velocity": SKELETON.hand_velocity(angles, velocities),
            "joint_angles": angles,
            "joint_velocities": velocities,
            "muscle_activations": states[..., ACTIVATIONS],
            "muscle_lengths": muscles.lengths_m(angles),
        }

    def effort(self, states: Array) -> Array:
        """Give the activations."""
        return states[..., ACTIVATIONS]


_MEASUREMENTS = {
    "hand_position": Measurement(
        "Place of the hand; the shoulder is the origin, y forwards.", "m", ("x", "y")
    ),
    "hand_velocity": Measurement("Velocity of the hand.", "m/s", ("x", "y")),
    "joint_angles": Measurement("Angle of the upper arm with x; flexion of the elbow.", "rad", JOINTS),
    "joint_velocities": Measurement("Angular velocities of the joints.", "rad/s", JOINTS),
    "muscle_activations": Measurement("Activations of the muscles, between 0 and 1.", "1", MUSCLES),
    "muscle_lengths": Measurement("Lengths of the muscles without their tendons.", "m", MUSCLES),
}


def _view(place_m: Array) -> Array:
    """Give what the eyes make of a place (…, 2)."""
    xp = array_namespace(place_m)
    return xp.stack([(place_m[..., axis] - _GAZE_M[axis]) / _VIEW_M for axis in range(2)], axis=-1)


def _seen(arm: Array) -> Array:
    return _view(SKELETON.hand(arm[..., ANGLES]))


def _felt(arm: Array) -> Array:
    """Give lengths, less the optimal ones and in units of them, and velocities of muscles, (…, 12)."""
    muscles, angles = muscles_like(arm), arm[..., ANGLES]
    lengths = muscles.lengths_m(angles) / muscles.optimal_m - 1
    velocities = muscles.velocities_m_s(angles, arm[..., VELOCITIES]) / muscles.max_shortening_m_s
    return array_namespace(arm).concat([lengths, velocities], axis=-1)
