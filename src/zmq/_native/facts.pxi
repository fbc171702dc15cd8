# What a diagnosis has to know or to hand on, and no option tells.

def sockets_bound_at(Context context not None, str address) -> list[tuple[int, bool]]:
    """The sockets of this process that are bound at an inproc endpoint.

    Of each its type, and whether it is of that context: others cannot be connected to.
    """
    cdef Handle handle
    cdef bytes name = address.encode("utf-8")
    found = []
    for handle in open_handles():
        if has_inproc_name(handle, name):
            found.append((handle.type, handle.context is context.handle))
    return found


def copy_curve_keys(Socket source not None, Socket target not None) -> bool:
    """Give a socket the CURVE keys of another one; False where that has no pair of its own.

    No Python object ever holds the secret.
    """
    cdef char secret[32]
    cdef char none[32]
    cdef bint has_pair = False
    memset(none, 0, sizeof(none))
    try:
        for option in (ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY, ZMQ_CURVE_SERVERKEY):
            copy_key(source.handle, target.handle, option, secret)
            if option == ZMQ_CURVE_SECRETKEY:
                has_pair = memcmp(secret, none, sizeof(none)) != 0
    finally:
        memset(secret, 0, sizeof(secret))
    return has_pair


cdef int copy_key(Handle source, Handle target, int option, char *room) except -1:
    cdef size_t size = 32
    cdef int error
    enter(source)
    error = c_errno() if zmq_getsockopt(source.ptr, option, room, &size) < 0 else 0
    leave(source)
    if error == 0:
        enter(target)
        error = c_errno() if zmq_setsockopt(target.ptr, option, room, size) < 0 else 0
        leave(target)
    if error:
        fail(error)
    return 0
