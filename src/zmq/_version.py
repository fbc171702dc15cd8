"""The one place where this project's own version is written."""

from __future__ import annotations

ohmq_version = "0.1.0"
