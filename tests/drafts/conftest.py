"""Runs every scenario of this directory on every front."""

from __future__ import annotations

import pytest

import zmq
from fronts.conftest import front, pytest_generate_tests, pytest_pyfunc_call

__all__ = ["front", "pytest_generate_tests", "pytest_pyfunc_call"]


@pytest.fixture(autouse=True)
def needs_the_draft_api() -> None:
    if not zmq.DRAFT_API:
        pytest.skip("a libzmq with its draft API (make test-drafts)")
