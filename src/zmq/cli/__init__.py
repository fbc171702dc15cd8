"""The command ``ohmq`` (also ``python -m zmq``).

A command is one module with a ``register(app)`` function that is listed in `zmq.cli.app`. What
a command decides (parsing, checking, formatting) is written as pure functions; what it does to
the world (sockets, signals, terminal) stays in a few small modules at the edge. Nothing in the
library imports this package.
"""
