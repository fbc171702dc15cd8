"""For all stress tests: their duration, and a random generator that can be repeated."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator

import pytest

Going = Callable[[], bool]


@pytest.fixture
def seconds() -> float:
    """How long one test goes on. OHMQ_STRESS_S=3 is for a first look."""
    return float(os.environ.get("OHMQ_STRESS_S", "60"))


@pytest.fixture
def going(seconds: float) -> Going:
    """Whether there is time for another round."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


@pytest.fixture
def rng() -> random.Random:
    """Repeated by OHMQ_STRESS_SEED=..., as far as threads can be repeated."""
    seed = int(os.environ.get("OHMQ_STRESS_SEED", "0")) or random.randrange(1, 1 << 30)
    print(f"OHMQ_STRESS_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """A race between two statements is found where threads change between them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)
