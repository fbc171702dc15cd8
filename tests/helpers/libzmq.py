"""The libzmq that the package uses, called without it, as another library of the process does."""

from __future__ import annotations

import ctypes

import pytest

import zmq._native

# The module is linked with libzmq: what it shows of it is found through the module.
SHOWN = hasattr(ctypes.CDLL(zmq._native.__file__), "zmq_ctx_new")
needs_shown = pytest.mark.skipif(
    not SHOWN, reason="a libzmq that shows its symbols: that of a wheel does not"
)
