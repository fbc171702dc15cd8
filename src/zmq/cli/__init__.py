"""The command ``ohmq`` (also ``python -m zmq``).

A command is one module of `commands` with a ``register(app)`` function that is listed in `app`.
Parsing, checking and formatting are pure functions; sockets, signals and the terminal are used in
a few small modules. Imports point
downwards only: commands, supervisor, devices, sockets, terminal. Nothing in the library imports
this package.
"""
