"""Scenarios of ZMQStream that run with the `zmq` of either package."""
