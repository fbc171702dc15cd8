"""Whole programs, as their users run them. Each prints `NUMBER UNIT WHAT` for what it measures."""
