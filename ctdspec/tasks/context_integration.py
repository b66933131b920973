"""Context-dependent integration of motion or colour."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ctdspec.tasks.two_choice import Evidence, TwoChoice


class ContextIntegration(TwoChoice):
    """Noisy motion and noisy colour come together; say the sign of the one that the context asks for.

    (Mante et al. 2013.) All through the stimulus each stream has one coherence, any of `coherences` with
    either sign, drawn independently of the other stream. Two cues, one on and one off all through the trial,
    say which stream counts; both contexts are equally likely. The other stream says nothing about the answer
    and must be ignored.
    """

    kind: Literal["context_integration"]
    coherences: list[Annotated[float, Field(gt=0, le=100)]] = Field(min_length=1, max_length=100)
    """Sizes of the mean evidence, in units of an input; all equally likely, for either stream."""

    @property
    def evidence_names(self) -> tuple[str, str]:
        """The two streams, noisy."""
        return ("motion", "colour")

    @property
    def cue_names(self) -> tuple[str, ...]:
        """Which stream counts: 1 for that one, 0 for the other."""
        return ("context_motion", "context_colour")

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The context and the signed coherences of motion and colour."""
        signed = self._signed
        return tuple(
            f"attend {stream}, motion {motion:+g}, colour {colour:+g}"
            for stream in self.evidence_names
            for motion in signed
            for colour in signed
        )

    def ideal_accuracy(self) -> float:
        """Give the share right of an observer who sums the stream that counts, in closed form.

        The mean of n bins is normal with the coherence c as mean and σ²/n as variance, and the two signs are
        mirrored, so that no observer does better than its sign: right with probability Φ(c √n / σ).
        """
        if self.input_noise_sd == 0:
            return 1.0
        scores = np.multiply.outer(np.sqrt(self.stimulus_bins), self.coherences) / self.input_noise_sd
        return float(np.mean([0.5 * math.erfc(-score / math.sqrt(2)) for score in scores.ravel()]))

    def _show(self, valid: np.ndarray, showing: np.ndarray, rng: np.random.Generator) -> Evidence:
        signed = np.array(self._signed, np.float32)
        condition = rng.integers(len(self.condition_names), size=len(showing))
        context, motion, colour = np.unravel_index(condition, (2, len(signed), len(signed)))
        coherences = np.stack([signed[motion], signed[colour]], axis=-1)
        presented = coherences[:, None] * showing[..., None]
        cues = np.eye(2, dtype=np.float32)[context][:, None] * valid[..., None]
        correct = np.sign(coherences[np.arange(len(showing)), context])
        return Evidence(presented, presented, cues, correct, condition)

    @property
    def _signed(self) -> list[float]:
        return [sign * coherence for sign in (-1, 1) for coherence in self.coherences]
