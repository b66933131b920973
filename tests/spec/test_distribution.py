"""From shares of probability to values, judged by SciPy's laws."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from ctdspec.spec.distribution import Distribution

SHARES = np.linspace(0, 1, 101)[:-1]


@pytest.mark.parametrize(
    ("said", "law"),
    [
        ({"uniform": [-0.5, 2.0]}, stats.uniform(-0.5, 2.5)),
        ({"log_uniform": [1e-5, 1e-1]}, stats.loguniform(1e-5, 1e-1)),
    ],
)
def test_numbers_are_quantiles_to_four_digits(said, law):
    found = [Distribution.model_validate(said).quantile(share) for share in SHARES]
    np.testing.assert_allclose(found, law.ppf(SHARES), rtol=6e-4, atol=1e-12)
    assert all(len(repr(float(f"{value:.3e}"))) >= len(repr(value)) for value in found)


def test_whole_numbers_and_choices_have_equal_shares():
    whole = Distribution.model_validate({"integers": [3, 7]})
    assert [whole.quantile(share) for share in SHARES] == [n for n in range(3, 8) for _ in range(20)]
    choices = Distribution.model_validate({"choices": ["a", {"kind": "b"}]})
    assert [choices.quantile(share) for share in (0, 0.49, 0.5, 0.99)] == ["a", "a", *[{"kind": "b"}] * 2]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "found none"),
        ({"uniform": [0.0, 1.0], "integers": [0, 1]}, "found uniform and integers"),
        ({"uniform": [1.0, 1.0]}, "must be below the second"),
        ({"integers": [7, 3]}, "must be below the second"),
        ({"log_uniform": [0.0, 1.0]}, "above 0; found 0"),
        ({"choices": [1, 2, 1]}, "1 is listed twice"),
        ({"uniform": [0.0, 0.5, 1.0]}, "at most 2"),
    ],
)
def test_what_is_no_law_is_refused(said, message):
    with pytest.raises(ValidationError, match=message):
        Distribution.model_validate(said)
