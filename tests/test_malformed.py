"""A small sample of what benchmarks/malformed_*.py try ten thousand times."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
ENDS = {
    "malformed_specs.py": {"valid", "refused with a place"},
    "malformed_submissions.py": {"read", "refused with a code"},
}


@pytest.mark.parametrize(
    ("script", "number"), [("malformed_specs.py", 200), ("malformed_submissions.py", 60)]
)
def test_whatever_is_malformed_ends_soon_and_well(script: str, number: int) -> None:
    said = subprocess.run(
        [sys.executable, BENCHMARKS / script, str(number)], check=True, capture_output=True, text=True
    ).stdout
    counts = [(end, int(n)) for n, end in re.findall(r"^ *(\d+)  ([^(\n]*[^(\n ])", said, re.MULTILINE)]
    assert {end for end, _ in counts} <= ENDS[script], said
    assert sum(n for _, n in counts) == number
    assert sum(n for end, n in counts if end.startswith("refused")) > number / 2
    slowest, most_mb = re.findall(r"slowest ([\d.]+) s.*; most memory (\d+) MB", said)[0]
    assert float(slowest) < 2
    assert float(most_mb) < 1500
