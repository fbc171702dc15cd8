"""Print the end of the names of this Python's environments, such as -3.12 or -3.13t."""

from __future__ import annotations

import sys
import sysconfig

free_threaded = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
print(f"-{sys.version_info.major}.{sys.version_info.minor}{free_threaded}")
