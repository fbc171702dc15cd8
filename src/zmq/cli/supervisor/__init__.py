"""``ohmq device --config``: devices as processes that are started, watched and restarted."""
