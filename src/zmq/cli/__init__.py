"""The command ``ohmq`` (also ``python -m zmq``).

A command is one module of `commands` with a ``register(app)`` function that is listed in `app`.
What a command decides (parsing, checking, formatting) is written as pure functions; what it does
to the world (sockets, signals, terminal) stays in a few small modules at the edge. Imports point
downwards only: commands, supervisor, devices, sockets, terminal. Nothing in the library imports
this package.
"""
