import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ctdspec.arm.muscles import SIX_MUSCLES


@pytest.fixture(scope="session")
def judge():
    """What MotorNet says; see motornet_values.py."""
    text = (Path(__file__).parent / "motornet.json").read_text()
    return {name: np.array(values) for name, values in json.loads(text).items()}


@pytest.fixture(scope="session")
def their_muscles():
    """The muscles with MotorNet's shortening velocity, 1.5 m/s for all."""
    return replace(SIX_MUSCLES, max_shortening_m_s=np.full(6, 1.5))
