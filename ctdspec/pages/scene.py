"""Everything that the pages' pictures are drawn from."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.pages.examples import Examples, read_examples, trials_of
from ctdspec.pages.inferred import Inferred, Train, read_inferred
from ctdspec.pages.principal import PrincipalAxes
from ctdspec.pages.style import Pen
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import Manifest
from ctdspec.store.truth import open_truth
from ctdspec.submissions.expected import Expected


@dataclass(frozen=True)
class Scene:
    """The true example trials, their principal components, and what each method made of them.

    Attributes
    ----------
    examples : Examples
    axes : PrincipalAxes
        Fitted to the train trials.
    components : (trial, time, component)
        The examples' latents in principal components; NaN in padding.
    inferred : list
        One per data model, in the order of the spec.
    """

    examples: Examples
    axes: PrincipalAxes
    components: np.ndarray
    inferred: list[Inferred]

    def with_rates(self) -> Iterator[tuple[Inferred, np.ndarray]]:
        """Give the methods that inferred rates, and the rates (trial, time, neuron); NaN in padding."""
        for method in self.inferred:
            if method.rates_hz is not None:
                yield method, self._in_trials(method.rates_hz)

    def with_components(self) -> Iterator[tuple[Inferred, np.ndarray]]:
        """Give the methods that inferred states, and their components (trial, time, component)."""
        for method in self.inferred:
            if method.components is not None:
                yield method, self._in_trials(method.components)

    def _in_trials(self, values: np.ndarray) -> np.ndarray:
        return np.where(self.examples.valid[..., None], values, np.nan)


def read_scene(
    folder: DatasetFolder, benchmark: Benchmark, manifest: Manifest, scored: Collection[str]
) -> Scene:
    """Read what is drawn: some test trials whole, and of the train trials the latents and the states.

    An optional data model that was not `scored` is left out: what it answered some time ago may not hold.
    """
    truth = open_truth(folder.truth)
    examples = read_examples(truth, benchmark.task.bin_s)
    train_trials = trials_of(truth, "train")
    train = Train(*(truth[name].isel(trial=train_trials).to_numpy() for name in ("latents", "valid")))
    axes = PrincipalAxes.fit(train.latents, train.valid)
    expected = Expected(
        manifest.dataset,
        {split: getattr(benchmark.trials, split) for split in ("train", "val", "test")},
        benchmark.task.n_bins,
        benchmark.observation.n_observed,
        len(benchmark.task.input_names),
    )
    inferred = []
    for index, method in enumerate(benchmark.data_models):
        name, pen = method.name, Pen.number(index)
        if method.optional and name not in scored:
            inferred.append(Inferred(name, pen, problem=f"left out; `--methods {name}` asks for it"))
        else:
            n_trials = len(examples.numbers)
            inferred.append(read_inferred(folder, name, pen, expected, train, axes, n_trials))
    return Scene(examples, axes, axes.project(examples.latents), inferred)
