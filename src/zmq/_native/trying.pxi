# Operations that never wait, and say so without an exception: for the event loops.

# Flags of our own, which are taken off before flags go to libzmq. TRYING: return NOT_NOW, or
# WOULD_BLOCK, where Again would be raised. IN_TURN: it is made for the operation whose turn it is.
cdef enum:
    TRYING = 0x40000000
    IN_TURN = 0x20000000
    OURS = TRYING | IN_TURN
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
