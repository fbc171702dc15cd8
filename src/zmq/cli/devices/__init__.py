"""One device in this process: its plan, its run, and its page."""
