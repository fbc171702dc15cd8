"""``python -m zmq``: the same program as the command ``ohmq``."""

from __future__ import annotations

import sys

from zmq.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
