"""GRUs that read whole trials, forwards and backwards: those that LFADS encodes with."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import Function

from ctdspec.systems.cells.gru_reset_first import GRUResetFirst


class BidirectionalGRU(nn.Module):
    """GRUs (reset gate first) that read one sequence side by side, for each path one in either direction.

    All of them take each step together, which on a processor takes little more time than one of them.
    """

    def __init__(self, n_paths: int, n_inputs: int, units: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.n_paths, self.units = n_paths, units
        cell = GRUResetFirst(kind="gru_reset_first", units=units)
        drawn = [cell.initial_weights(n_inputs, rng) for _ in range(2 * n_paths)]

        def stacked(name: str) -> nn.Parameter:
            return nn.Parameter(torch.from_numpy(np.stack([weights[name] for weights in drawn])))

        # GRUs in the order of paths, forwards before backwards.
        self.weight_ih, self.weight_hh, self.bias = map(stacked, ("weight_ih", "weight_hh", "bias"))
        self.initial = nn.Parameter(torch.zeros(2 * n_paths, units))

    def forward(self, values: Tensor) -> Tensor:
        """Give the states (path, direction, time, trial, unit) of values (trial, time, input).

        States stand where their bin stands, in both directions.
        """
        n_trials, n_bins, _ = values.shape
        drive = values.transpose(0, 1).reshape(n_bins * n_trials, -1) @ self.weight_ih.flatten(0, 1).T
        drive = (drive + self.bias.flatten()).unflatten(0, (n_bins, n_trials))
        drive = drive.unflatten(2, (self.n_paths, 2, -1)).permute(3, 0, 2, 1, 4)
        drive = torch.stack([drive[0], drive[1].flip(0)], dim=2)
        initial = self.initial[:, None].expand(-1, n_trials, -1).contiguous()
        states, *_ = _Sequence.apply(drive.flatten(1, 2).contiguous(), initial, self.weight_hh)
        states = states.unflatten(1, (self.n_paths, 2)).permute(2, 1, 0, 3, 4)
        return torch.stack([states[0], states[1].flip(1)], dim=1)


class _Sequence(Function):
    """`reset_first_step` over time, of several GRUs; the derivatives are written out, for speed."""

    @staticmethod
    def forward(drive: Tensor, initial: Tensor, weight_hh: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give states (time, gru, trial, unit), gates and candidates; drive (time, gru, trial, 3 unit)."""
        n_bins, n_grus, n_trials, width = drive.shape
        units = width // 3
        states = drive.new_empty(n_bins, n_grus, n_trials, units)
        gates = drive.new_empty(n_bins, n_grus, n_trials, 2 * units)
        candidates = torch.empty_like(states)
        to_gates, to_candidate = (part.transpose(1, 2) for part in weight_hh.split([2 * units, units], 1))
        before = initial
        for bin in range(n_bins):
            into_gates, into_candidate = drive[bin].split([2 * units, units], 2)
            torch.baddbmm(into_gates, before, to_gates, out=gates[bin]).sigmoid_()
            reset, update = gates[bin].chunk(2, 2)
            torch.baddbmm(into_candidate, reset * before, to_candidate, out=candidates[bin]).tanh_()
            before = torch.lerp(candidates[bin], before, update, out=states[bin])
        return states, gates, candidates

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:
        """Keep what the derivatives need."""
        _, initial, weight_hh = inputs
        ctx.save_for_backward(initial, weight_hh, *output)
        ctx.mark_non_differentiable(*output[1:])

    @staticmethod
    def backward(ctx: Any, *by_output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the derivatives by drive, initial states and recurrent weights."""
        initial, weight_hh, states, gates, candidates = ctx.saved_tensors
        units = states.shape[3]
        before = torch.cat([initial[None], states[:-1]])
        reset, update = gates.chunk(2, 3)
        # What each derivative by a state is multiplied with, for all bins at once.
        for_update = (before - candidates) * update * (1 - update)
        for_candidate = (1 - update) * (1 - candidates.square())
        for_reset = before * reset * (1 - reset)
        by_drive = states.new_empty(*states.shape[:3], 3 * units)
        by_reset, by_update, by_candidate = by_drive.chunk(3, 3)
        weight_gates, weight_candidate = weight_hh.split([2 * units, units], 1)
        by_state = torch.zeros_like(initial)
        for bin in reversed(range(len(states))):
            by_state = by_state + by_output[0][bin]
            torch.mul(by_state, for_update[bin], out=by_update[bin])
            torch.mul(by_state, for_candidate[bin], out=by_candidate[bin])
            by_product = torch.bmm(by_candidate[bin], weight_candidate)
            torch.mul(by_product, for_reset[bin], out=by_reset[bin])
            by_state = (by_state * update[bin]).addcmul_(by_product, reset[bin])
            by_state.baddbmm_(by_drive[bin, :, :, : 2 * units], weight_gates)
        by_weight = torch.cat(
            [
                torch.einsum("tsbi,tsbj->sij", by_drive[..., : 2 * units], before),
                torch.einsum("tsbi,tsbj->sij", by_candidate, reset * before),
            ],
            dim=1,
        )
        return by_drive, by_state, by_weight
