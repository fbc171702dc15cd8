"""The processes that do the measured work in Python.

``python -m workers ROLE KEY=VALUE...`` runs the same code under every implementation:
it knows nothing but ``import zmq`` and asks for what only one of them has. The C worker
in ``benchmarks/c`` plays the same roles with the same arguments.
"""
