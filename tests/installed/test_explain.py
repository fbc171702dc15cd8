"""`python -m zmq explain` of an installed package, with nothing else in its environment."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from zmq._reasons.pointers import pages

pytestmark = pytest.mark.timeout(180)


def test_the_wheel_has_the_pages(wheel_file: Path) -> None:
    with zipfile.ZipFile(wheel_file) as archive:
        found = {name for name in archive.namelist() if name.startswith("zmq/_reasons/pages/")}
    assert found == {f"zmq/_reasons/pages/{name}.md" for name in pages()}


def test_a_pointer_can_be_followed(wheel_python: Path) -> None:
    program = """
import zmq
with zmq.Context() as context, context.socket(zmq.REP) as rep:
    try:
        rep.send(b"")
    except zmq.ZMQError as error:
        print(error)
"""
    said = run(wheel_python, "-c", program).rstrip()
    assert said.endswith("(more: ohmq explain out-of-turn)")
    page = run(wheel_python, "-m", "zmq", "explain", said)
    assert page.startswith("The call comes out of turn\n")


def run(python: Path, *arguments: str) -> str:
    done = subprocess.run([python, *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
