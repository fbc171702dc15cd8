"""Tunnels by the ``ssh`` program of OpenSSH."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import time
from getpass import getpass
from typing import Any

from ._common import (
    LOGIN_WAIT_S,
    MaxRetryExceeded,
    SSHTunnelError,
    need,
    parse_server,
)

__all__ = ["passwordless", "run_tunnel"]

_PASSWORD = rb"(?i)(?:password|passphrase)[^\r\n]*:\s*$"
_UNKNOWN_HOST = rb"(?i)\(yes/no[^)]*\)\?\s*$"
_MASTER_PID = re.compile(r"pid=(\d+)")
_LOOK_AGAIN_S = 0.1
_MAX_ATTEMPTS = 3


def _program() -> str:
    found = shutil.which("ssh")
    if found is None:
        raise FileNotFoundError("no program `ssh` on PATH: install OpenSSH, or use Paramiko")
    return found


def _arguments(server: str, keyfile: str | None) -> tuple[list[str], str]:
    """Options and destination of an ``ssh`` command for this server."""
    parsed = parse_server(server)
    options: list[str] = []
    if keyfile:
        options += ["-i", keyfile]
    if parsed.port:
        options += ["-p", str(parsed.port)]
    return options, parsed.target


def _environment() -> dict[str, str]:
    """Ours, without the desktop's password dialog, which would answer instead of us."""
    return {name: value for name, value in os.environ.items() if name != "SSH_ASKPASS"}


def _run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run ``ssh`` to its end; it cannot ask questions."""
    return subprocess.run(
        [_program(), *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LOGIN_WAIT_S,
        check=False,
    )


def passwordless(server: str, keyfile: str | None) -> bool:
    """Whether ``ssh`` gets in without asking anything."""
    options, target = _arguments(server, keyfile)
    try:
        result = _run([*options, "-o", "BatchMode=yes", target, "exit"])
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


def run_tunnel(
    local_port: int,
    remote: str,
    server: str,
    keyfile: str | None,
    password: str | None,
    idle_s: int,
) -> int:
    """Start a background ``ssh`` and return the process id that it was started with.

    `remote` is ``host:port`` as the server sees it. When a master connection to the server is
    open, the tunnel is added to that one, and the process id is the master's.
    """
    pexpect = need("pexpect", "openssh_tunnel")
    options, target = _arguments(server, keyfile)
    way = ["-L", f"127.0.0.1:{local_port}:{remote}"]
    master = _master_pid(options, target)
    if master is not None:
        result = _run([*options, "-O", "forward", *way, target])
        if result.returncode:
            raise SSHTunnelError(f"ssh to {target}: {_last_line(result.stderr)}")
        atexit.register(_cancel, [*options, "-O", "cancel", *way, target])
        return master
    arguments = [*options, "-f", "-S", "none", "-o", "ExitOnForwardFailure=yes", *way]
    # The remote `sleep` keeps the connection until the first use; then its users do.
    arguments += [target, "sleep", str(idle_s)]
    child = pexpect.spawn(_program(), arguments, env=_environment(), timeout=_LOOK_AGAIN_S)
    try:
        _log_in(pexpect, child, target, password)
    finally:
        child.close(force=True)
    return int(child.pid)


def _master_pid(options: list[str], target: str) -> int | None:
    result = _run([*options, "-O", "check", target])
    found = _MASTER_PID.search(result.stderr + result.stdout)
    return int(found[1]) if result.returncode == 0 and found else None


def _cancel(arguments: list[str]) -> None:
    """Take a tunnel back from a master connection; too late to report a failure."""
    try:
        _run(arguments)
    except (OSError, subprocess.TimeoutExpired):
        return


def _log_in(pexpect: Any, child: Any, target: str, password: str | None) -> None:
    """Answer questions until ``ssh`` has gone into the background."""
    given = password is not None
    attempts = 0
    deadline = time.monotonic() + LOGIN_WAIT_S
    questions = [_PASSWORD, _UNKNOWN_HOST, pexpect.EOF, pexpect.TIMEOUT]
    while True:
        asked = child.expect(questions)
        if asked == 0:
            attempts += 1
            # The same answer would be refused again.
            if attempts > (1 if given else _MAX_ATTEMPTS):
                raise MaxRetryExceeded(f"ssh to {target}: the password was refused")
            if not given:
                password = getpass(f"{target}'s password: ")
                deadline = time.monotonic() + LOGIN_WAIT_S
            child.sendline(password)
        elif asked == 1:
            raise SSHTunnelError(
                f"ssh to {target}: its host key is not known yet; run `ssh {target}` once"
            )
        elif not child.isalive():
            # Not at the end of its output: the background process still has the terminal.
            if child.exitstatus == 0:
                return
            text = bytes(child.before or b"").decode("utf-8", "replace")
            if password:
                # Should the terminal have echoed it.
                text = text.replace(password, "***")
            raise SSHTunnelError(f"ssh to {target}: {_last_line(text)}")
        elif time.monotonic() > deadline:
            raise SSHTunnelError(f"ssh to {target}: not logged in after {LOGIN_WAIT_S:g} s")
        elif asked == 2:
            time.sleep(_LOOK_AGAIN_S)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it failed without a word"
