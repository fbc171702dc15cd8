"""Majordomo: what its programs share. https://rfc.zeromq.org/spec/7/ describes the protocol."""

from __future__ import annotations

import argparse

CLIENT, WORKER = b"MDPC01", b"MDPW01"
READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = b"\1", b"\2", b"\3", b"\4", b"\5"

#: A peer that has been silent for so many heartbeats is taken for dead.
LIVENESS = 4


def add_heartbeat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--heartbeat-ms", type=int, default=1000, metavar="MS", help="the same for all programs"
    )
