"""Comparisons with PyZMQ: programs that run under both, and what differs on purpose."""
