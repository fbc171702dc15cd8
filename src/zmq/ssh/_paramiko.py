"""Tunnels by Paramiko, in a child process."""

from __future__ import annotations

import multiprocessing
import os
import threading
from getpass import getpass, getuser
from multiprocessing import Process
from multiprocessing.connection import Connection, wait
from typing import Any

from ._common import LOGIN_WAIT_S, SSHTunnelError, need, parse_server
from .forward import make_server

__all__ = ["logs_in", "start_tunnel"]

_LOOK_AGAIN_S = 1.0


def _connect(server: str, keyfile: str | None, password: str | None) -> Any:
    """Log in, and return a client that the caller has to close."""
    paramiko = need("paramiko", "paramiko_tunnel")
    user, host, port = parse_server(server)
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    # A password must not be shown to any machine that answers at this address.
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.connect(
            host,
            port or 22,
            username=user or getuser(),
            key_filename=keyfile,
            # With a password nothing else is tried: agents and keys can lock an account out.
            look_for_keys=password is None,
            allow_agent=password is None,
            password=password,
            timeout=LOGIN_WAIT_S,
        )
    except BaseException:
        client.close()
        raise
    return client


def logs_in(server: str, keyfile: str | None) -> bool:
    """Whether Paramiko gets in with keys alone."""
    paramiko = need("paramiko", "try_passwordless_ssh")
    try:
        _connect(server, keyfile, None).close()
    except paramiko.AuthenticationException:
        return False
    except paramiko.SSHException as error:
        # Without any key at all Paramiko does not call it an authentication failure.
        if "No authentication methods available" in str(error):
            return False
        raise SSHTunnelError(f"Paramiko to {server}: {error}") from error
    except OSError as error:
        raise SSHTunnelError(f"Paramiko to {server}: {error}") from error
    return True


def start_tunnel(
    local_port: int,
    remote: tuple[str, int],
    server: str,
    keyfile: str | None,
    password: str | None,
) -> Process:
    """Start the child process; returns when the local port is open."""
    need("paramiko", "paramiko_tunnel")
    if password is None and not logs_in(server, keyfile):
        password = getpass(f"{server}'s password: ")
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = Process(
        target=_tunnel_process,
        args=(theirs, dict(os.environ), local_port, remote, server, keyfile, password),
        name="zmq-ssh-tunnel",
        daemon=True,
    )
    process.start()
    theirs.close()
    with ours:
        try:
            failure = ours.recv() if ours.poll(LOGIN_WAIT_S) else "no answer"
        except EOFError:
            failure = "the tunnel's process ended"
    if failure is not None:
        process.terminate()
        process.join(_LOOK_AGAIN_S)
        raise SSHTunnelError(f"Paramiko to {server}: {failure}")
    return process


def _tunnel_process(
    report: Connection,
    environment: dict[str, str],
    local_port: int,
    remote: tuple[str, int],
    server: str,
    keyfile: str | None,
    password: str | None,
) -> None:
    """Carry the tunnel until the connection breaks or the parent process is gone."""
    # A fork server keeps the environment that it was started with; HOME leads to the known hosts,
    # SSH_AUTH_SOCK to the agent.
    os.environ.clear()
    os.environ.update(environment)
    try:
        client = _connect(server, keyfile, password)
        transport = client.get_transport()
        listener = make_server(local_port, *remote, transport)
    except Exception as error:
        # Text, because not every exception of Paramiko can be pickled.
        report.send(f"{type(error).__name__}: {error}")
        return
    report.send(None)
    report.close()
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        # Nothing else would end this process if its parent is killed.
        while transport.is_active() and not wait([parent.sentinel], _LOOK_AGAIN_S):
            pass
    except KeyboardInterrupt:
        # Ctrl-C in the terminal reaches the parent as well, which decides.
        pass
    finally:
        client.close()
