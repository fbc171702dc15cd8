"""Make a CURVE key pair: ``python3 -m zmq.curve_keygen``. Keys are printed as Z85 (RFC 32)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import zmq


def _main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python3 -m zmq.curve_keygen",
        description="Print a new CURVE key pair, or the public key of a given secret key. "
        "Keys are 40 characters of Z85.",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.add_argument(
        "--secret",
        metavar="SECRET",
        help="an existing secret key; beware that others on this machine can read the "
        "arguments of a running program",
    )
    options = parser.parse_args(argv)
    if not zmq.has("curve"):
        parser.exit(1, "the libzmq in use was built without CURVE (libsodium)\n")
    if options.secret is None:
        public, secret = zmq.curve_keypair()
    else:
        try:
            secret = options.secret.encode("ascii")
            public = zmq.curve_public(secret)
        except (ValueError, zmq.ZMQError):
            # Without the key: error messages are kept in logs.
            parser.error("argument --secret: not a secret key of 40 Z85 characters")
    keys = {"public": public.decode("ascii"), "secret": secret.decode("ascii")}
    if options.json:
        print(json.dumps(keys, indent=1))
        return
    print(f"== CURVE PUBLIC KEY ==\n{keys['public']}\n")
    print(f"== CURVE SECRET KEY ==\n{keys['secret']}")


if __name__ == "__main__":
    _main()
