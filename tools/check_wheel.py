"""Check a wheel: its size, that it needs no other library, that the licences are inside."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

MOST_BYTES = 1_500_000
LICENSES = {"LICENSE", "LICENSE.libzmq", "LICENSE.libsodium"}


def faults(wheel: Path) -> list[str]:
    """Reasons not to hand out the wheel."""
    found = []
    if (size := wheel.stat().st_size) > MOST_BYTES:
        found.append(f"it has {size:,} bytes, more than {MOST_BYTES:,}")
    names = zipfile.ZipFile(wheel).namelist()
    if grafted := [name for name in names if ".libs/" in name]:
        found.append(f"other libraries were put into it: {', '.join(grafted)}")
    licenses = {Path(name).name for name in names if ".dist-info/licenses/" in name}
    if missing := LICENSES - licenses:
        found.append(f"licences are missing: {', '.join(sorted(missing))}")
    if not any(name.startswith("zmq/_native.") for name in names):
        found.append("it has no extension module")
    return found


def main() -> int:
    wheel = Path(sys.argv[1])
    found = faults(wheel)
    for fault in found:
        print(f"ohmq: {wheel.name}: {fault}", file=sys.stderr)
    if not found:
        print(f"ohmq: {wheel} is good: {wheel.stat().st_size:,} bytes, no other library needed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
