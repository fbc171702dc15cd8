"""The Tab key of a real bash completes commands and options of ohmq."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.command import OHMQ

pexpect = pytest.importorskip("pexpect", reason="no pexpect")
BASH = shutil.which("bash")
PROMPT = "ready> "

pytestmark = pytest.mark.skipif(BASH is None, reason="no bash")


def bash(home: Path) -> Any:
    """An interactive bash that reads the start-up file of this home, and nothing else."""
    rc = home / ".bashrc"
    rc.touch()
    env = {"HOME": str(home), "PATH": f"{home}:{os.environ['PATH']}", "TERM": "dumb"}
    shell = pexpect.spawn(
        str(BASH), ["--rcfile", str(rc), "-i"], env=env, encoding="utf-8", timeout=30
    )
    # In two halves, so that what is typed is not taken for the prompt.
    shell.sendline("PS1='rea''dy> '")
    shell.expect_exact(PROMPT)
    return shell


def close(shell: Any) -> None:
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory, and in it a program ohmq that runs this package."""
    program = tmp_path / "ohmq"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{path}' exec '{sys.executable}' -m zmq \"$@\"\n")
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("device ", "queue forwarder streamer cache"),
        ("device st", "streamer"),
        ("device --in-type ro", "router"),
        ("device --monitor-type x", "xpub"),
        ("doctor --type xp", "xpub"),
        ("explain not", "nothing-received not-bound not-awaited"),
        ("send pu", "push pub"),
        ("recv pu", "pull"),
        ("recv pull --format js", "json"),
        ("events str", "stream"),
        ("watch --type pa", "pair"),
    ],
)
def test_names_are_completed(typed: str, found: str) -> None:
    words = ["ohmq", *typed.split(" ")]
    env = os.environ | {
        "_OHMQ_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run([*OHMQ], capture_output=True, env=env, timeout=20, text=True)
    assert done.stdout.split() == found.split()


def test_the_tab_key(home: Path) -> None:
    shell = bash(home)
    shell.sendline("ohmq --install-completion")
    shell.expect_exact("bash completion installed")
    shell.expect_exact(PROMPT)
    close(shell)

    shell = bash(home)
    shell.send("ohmq key\t")
    shell.expect_exact("ohmq keygen ")
    shell.send("--for\t")
    shell.expect_exact("--force ")
    shell.sendcontrol("u")
    shell.send("ohmq device str\t")
    shell.expect_exact("ohmq device streamer ")
    shell.sendcontrol("u")
    # Two options begin with this: the first Tab adds what they share, two more list them.
    shell.send("ohmq recv --curve-s\t")
    shell.expect_exact("erver")
    shell.send("\t\t")
    shell.expect_exact("--curve-server-key")
    shell.expect_exact(PROMPT)  # that of the line, shown once more below the list
    shell.sendcontrol("u")
    close(shell)
