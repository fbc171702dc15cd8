"""python -m zmq.curve_keygen"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import zmq
from helpers.processes import Child, run_python

pytestmark = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")

RUN = "import runpy; runpy.run_module('zmq.curve_keygen', run_name='__main__')"


def test_prints_a_pair() -> None:
    lines = run_python(RUN)
    assert lines[0] == "== CURVE PUBLIC KEY =="
    assert lines[2:4] == ["", "== CURVE SECRET KEY =="]
    public, secret = lines[1].encode(), lines[4].encode()
    assert zmq.curve_public(secret) == public
    assert len(lines) == 5


def test_json() -> None:
    pair = json.loads("\n".join(run_python(RUN, "--json")))
    assert list(pair) == ["public", "secret"]
    assert zmq.curve_public(pair["secret"].encode()) == pair["public"].encode()


def test_the_public_key_of_a_secret_key() -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    lines = run_python(RUN, "--json", f"--secret={secret}")
    assert json.loads("\n".join(lines)) == {"public": public, "secret": secret}


@pytest.mark.skipif(not hasattr(zmq, "ohmq_version"), reason="PyZMQ prints a traceback")
@pytest.mark.parametrize("secret", ["short", "é" * 40, " " * 40])
def test_no_key(child: Callable[..., Child], secret: str) -> None:
    program = child(["-m", "zmq.curve_keygen", f"--secret={secret}"])
    assert program.wait() == 2
    assert "40 Z85 characters" in program.complaint()
    assert secret not in program.complaint()
    assert "Traceback" not in program.complaint()
