# cython: language_level=3
"""The only code that calls libzmq."""

cdef extern from "zmq.h":
    void zmq_version(int *major, int *minor, int *patch) nogil


def zmq_version_info() -> tuple[int, int, int]:
    cdef int major, minor, patch
    zmq_version(&major, &minor, &patch)
    return major, minor, patch
