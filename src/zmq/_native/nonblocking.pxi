# Operations that never wait, and say so without an exception: for the event loops.


class _WouldBlock:
    """The result of the try_* methods for an operation that would block."""

    def __repr__(self):
        return "zmq.WOULD_BLOCK"

    def __bool__(self):
        return False


WOULD_BLOCK = _WouldBlock()
cdef object _would_block = WOULD_BLOCK


cdef inline int given_flags(object flags) except? -1:
    """Flags of a program, which may set any bit but ours."""
    cdef int number = flags
    return number & ~OURS
