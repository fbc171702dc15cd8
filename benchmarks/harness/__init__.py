"""Runs the cases in turn under every implementation, and reports."""
