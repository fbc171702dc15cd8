"""Sockets of the command: endpoints, options and keys checked, opened and closed."""
