"""check_wheel.py PLATFORM WHEEL: check a wheel's size, what its module shows and needs, that the
licences are inside, and that its name says the platform it was built for.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from pathlib import Path

from elftools.elf.elffile import ELFFile

MOST_BYTES = 1_500_000
LICENSES = {"LICENSE", "LICENSE.libzmq", "LICENSE.libsodium", "LICENSE.sha1"}
# What the module may show to other libraries of a process.
EXPORTED = {"PyInit__native"}
MACHINES = {"EM_X86_64": "x86_64", "EM_AARCH64": "aarch64"}
# Libraries that every system of its kind has. All of musl is one library; its loader is that
# library, and takes this name for itself, whatever the file is called.
SYSTEM = {
    "manylinux": r"lib(c|m|pthread|rt|dl)\.so\.\d+|ld-linux.*\.so\.\d+",
    "musllinux": r"libc\.so",
}


def faults(path: Path, platform: str) -> list[str]:
    """Reasons not to hand out the wheel."""
    found = []
    if not path.stem.endswith(f"-{platform}"):
        found.append(f"its name does not say that it is for {platform}")
    if (size := path.stat().st_size) > MOST_BYTES:
        found.append(f"it has {size:,} bytes, more than {MOST_BYTES:,}")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        if grafted := [name for name in names if ".libs/" in name]:
            found.append(f"other libraries were put into it: {', '.join(grafted)}")
        licenses = {Path(name).name for name in names if ".dist-info/licenses/" in name}
        if missing := LICENSES - licenses:
            found.append(f"licences are missing: {', '.join(sorted(missing))}")
        modules = [name for name in names if name.endswith(".so")]
        if [Path(name).parent.as_posix() for name in modules] != ["zmq"]:
            found.append(f"zmq/_native.*.so should be its only library: {modules}")
        for name in modules:
            found += module_faults(wheel.read(name), platform)
    return found


def module_faults(content: bytes, platform: str) -> list[str]:
    """Reasons not to hand out an extension module."""
    found = []
    elf = ELFFile(io.BytesIO(content))
    kind = platform.split("_")[0]
    if (machine := MACHINES[elf["e_machine"]]) != platform.split("_", 3)[3]:
        found.append(f"it is for {machine}")
    # musl's symbols have no versions: one that has is of another library. auditwheel knows
    # versions of glibc, and sees none in a wheel for musl.
    versions = elf.get_section_by_name(".gnu.version_r")
    if kind == "musllinux" and versions:
        libraries = [library.name for library, _ in versions.iter_versions()]
        found.append(f"it needs versions of {', '.join(libraries)}, and musl has none")
    shown = {
        symbol.name
        for symbol in elf.get_section_by_name(".dynsym").iter_symbols()
        if symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_info"]["bind"] != "STB_LOCAL"
    }
    if shown != EXPORTED:
        found.append(f"it shows other symbols than {EXPORTED}: {sorted(shown ^ EXPORTED)[:5]}")
    tags = list(elf.get_section_by_name(".dynamic").iter_tags())
    needed = [tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"]
    if others := [name for name in needed if not re.fullmatch(SYSTEM[kind], name)]:
        found.append(f"it needs {', '.join(others)}")
    return found


def main() -> int:
    platform, wheel = sys.argv[1], Path(sys.argv[2])
    found = faults(wheel, platform)
    for fault in found:
        print(f"ohmq: {wheel.name}: {fault}", file=sys.stderr)
    if not found:
        print(f"ohmq: {wheel} is good: {wheel.stat().st_size:,} bytes, no other library needed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
