# Operations that never wait, and say so without an exception: for the event loops.

# Flags of our own, which are taken off before flags go to libzmq.
cpdef enum:
    FROM_QUEUE = 0x20000000  # the call is made for the first operation of a queue

cdef enum:
    TRYING = 0x40000000      # return NOT_NOW, or WOULD_BLOCK, where Again would be raised
    OURS = TRYING | FROM_QUEUE
    NOT_NOW = -2


class _WouldBlock:
    """What the try_* methods return for an operation that would block."""

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
