"""Print the end of the names of this Python's environments: -3.12, -3.13t or -3.13t-tsan, say."""

from __future__ import annotations

import sys
import sysconfig

free_threaded = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
sanitizer = "-tsan" if "-thread-sanitizer" in arguments else ""
print(f"-{sys.version_info.major}.{sys.version_info.minor}{free_threaded}{sanitizer}")
