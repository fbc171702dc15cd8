"""A salt master and two minions on this machine, over the transport zeromq: commands and events."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
HERE = Path.cwd()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def configure(folder, **settings):
    """Write the settings of one program, in a folder of its own."""
    where = HERE / folder
    where.mkdir()
    common = {"root_dir": str(where), "transport": "zeromq", "log_level": "error"}
    kind = "master" if folder == "master" else "minion"
    (where / kind).write_text(json.dumps(common | settings))  # YAML has JSON in it
    return str(where)


def salt(*words):
    command = [str(BIN / "salt"), "-c", master, "--out=json", "--static", "-t", "60", *words]
    said = subprocess.run(command, capture_output=True, text=True, timeout=100)
    return json.loads(said.stdout or "{}")


def wait_for_minions():
    for _ in range(60):
        if len(salt("*", "test.ping")) == 2:
            return
        time.sleep(1)


ports = {"publish_port": free_port(), "ret_port": free_port()}
master = configure(
    "master", interface="127.0.0.1", auto_accept=True, worker_threads=2, sock_dir="/s", **ports
)
minions = [
    configure(
        name,
        id=name,
        master="127.0.0.1",
        master_port=ports["ret_port"],
        publish_port=ports["publish_port"],
        sock_dir="/s",
    )
    for name in ("first", "second")
]
commands = [[str(BIN / "salt-master"), "-c", master]]
commands += [[str(BIN / "salt-minion"), "-c", minion] for minion in minions]
running = [
    subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for command in commands
]
try:
    wait_for_minions()
    print(sorted(salt("*", "test.ping").items()))
    text = "x" * 100_000
    print([salt("first", "test.echo", text) == {"first": text} for _ in range(3)])
    print(salt("second", "grains.get", "id"))
finally:
    for process in reversed(running):
        process.terminate()
    for process in running:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
