"""Data models without gradient descent: the answer is found by closed forms, EM and a choice of settings."""

from __future__ import annotations

from abc import abstractmethod

from ctdspec.methods.method import Method
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer


class Baseline(Method):
    """A data model whose answer does not depend on the number of cores."""

    def fit(self, recording: Recording, seed: int) -> Answer:
        """Choose the settings on validation trials, and answer for every split; see `chosen`."""
        from threadpoolctl import threadpool_limits

        # The answer must not depend on the number of cores, and threads gain little on such small matrices.
        with threadpool_limits(1):
            return self.chosen(recording, seed)

    @abstractmethod
    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Do what `fit` says, with one thread per library."""
