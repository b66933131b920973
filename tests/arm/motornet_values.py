"""What MotorNet 0.3.0 (Codol et al. 2024) says of its arm: the numbers in motornet.json.

MotorNet is an independent judge; nothing of it is in ctdspec. To make the file again, in an environment with
MotorNet: python tests/arm/motornet_values.py > tests/arm/motornet.json
"""

import json

import motornet
import numpy as np
import torch

POINTS, TRIALS, BINS, BIN_S = 12, 3, 15, 0.01
STEPS_S = (2.5e-4, 1.25e-4, 6.25e-5)


def double(values):
    return torch.tensor(np.asarray(values), dtype=torch.float64)


def arm(dt_s):
    return motornet.effector.RigidTendonArm26(
        muscle=motornet.muscle.MujocoHillMuscle(), timestep=dt_s
    ).double()


def at_points(rng):
    """Give everything that the equations of motion consist of, at random states."""
    angles = rng.uniform([0.2, 0.2], [2.2, 2.5], (POINTS, 2))
    velocities = 4 * rng.standard_normal((POINTS, 2))
    activations, excitations = rng.uniform(0, 1, (2, POINTS, 6))
    torques, force_n = 5 * rng.standard_normal((2, POINTS, 2))
    effector, joint = arm(1e-3), double(np.concatenate([angles, velocities], axis=1))
    geometry, cartesian = effector.get_geometry(joint), effector.joint2cartesian(joint)
    state = torch.zeros(POINTS, 7, 6, dtype=torch.float64)
    state[:, 0] = double(activations)
    muscle = effector.muscle.integrate(0.0, torch.zeros(POINTS, 1, 6, dtype=torch.float64), state, geometry)
    slopes = effector.muscle.ode(double(excitations), state)
    accelerations = effector.skeleton.ode(double(torques), joint, double(force_n))
    given = {"angles": angles, "velocities": velocities, "activations": activations}
    given |= {"excitations": excitations, "torques": torques, "force_n": force_n}
    found = {"path_m": geometry[:, 0], "path_velocity_m_s": geometry[:, 1], "moment_arms_m": geometry[:, 2:]}
    found |= {"hand": cartesian[:, :2], "hand_velocity": cartesian[:, 2:], "length_m": muscle[:, 1]}
    found |= {"passive": muscle[:, 3], "force_length": muscle[:, 4], "force_velocity": muscle[:, 5]}
    found |= {"force_n_of_muscles": muscle[:, 6], "activation_slopes": slopes.squeeze(1)}
    found |= {"accelerations": accelerations}
    return given | {name: values.numpy() for name, values in found.items()}


def course(dt_s, angles, excitations):
    """Give angles, velocities and activations (bin, trial, 10) by Euler's method."""
    effector, still = arm(dt_s), double(np.concatenate([angles, np.zeros_like(angles)], axis=1))
    effector.reset(options={"batch_size": TRIALS, "joint_state": still.float()})
    geometry, zero = effector.get_geometry(still), torch.zeros(TRIALS, 2, dtype=torch.float64)
    silent = torch.zeros(TRIALS, 7, 6, dtype=torch.float64)
    muscle = effector.muscle.integrate(0.0, silent[:, :1], silent, geometry)
    tip = effector.states["fingertip"].double()
    effector.states = {
        "joint": still, "cartesian": effector.joint2cartesian(still), "muscle": muscle,
        "geometry": geometry, "fingertip": tip,
    }  # fmt: skip
    bins = []
    for excitation in excitations:
        for _ in range(round(BIN_S / dt_s)):
            effector.integrate(double(excitation), zero, zero)
        bins.append(torch.cat([effector.states["joint"], effector.states["muscle"][:, 0]], dim=1).numpy())
    return np.array(bins)


def values():
    """Give the numbers; courses are extrapolated to steps of no length (Richardson)."""
    rng = np.random.default_rng(0)
    found = at_points(rng)
    start = rng.uniform(0.8, 1.6, (TRIALS, 2))
    drive = rng.uniform(0, 0.1, (BINS, TRIALS, 6))
    coarse, middle, fine = (course(dt_s, start, drive) for dt_s in STEPS_S)
    second, better = 2 * middle - coarse, 2 * fine - middle
    found |= {"start": start, "drive": drive, "course": (4 * better - second) / 3}
    return {name: np.asarray(array, float).tolist() for name, array in found.items()}


if __name__ == "__main__":
    print(json.dumps(values()))  # noqa: T201
