# Operations that never wait, and say so without an exception: for the event loops.

# A flag of our own: return NOT_NOW, or WOULD_BLOCK, where Again would be raised. It is taken off
# before flags go to libzmq.
cdef enum:
    TRYING = 0x40000000
    NOT_NOW = -2


class _WouldBlock:
    """What the try_* methods return for an operation that would block."""

    def __repr__(self):
        return "zmq.WOULD_BLOCK"

    def __bool__(self):
        return False


WOULD_BLOCK = _WouldBlock()
cdef object _would_block = WOULD_BLOCK
