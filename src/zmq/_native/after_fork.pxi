# Objects of the parent process that are used in the child of a fork.
#
# The child has copies of the parent's descriptors and of libzmq's state, but none of its threads.
# So each object notes the generation of its process (platform.h), and any other process is refused.

cdef int refuse_socket_after_fork(Handle handle) except -1:
    """Raise ZMQError for a socket of the parent process; refuse() calls it for enter()."""
    fail(ENOTSOCK, unlocked_failure_of(handle, "forked"))


cdef int refuse_after_fork(str name, str remedy) except -1:
    """Raise ZMQError for another object of the parent process: a context, an event loop."""
    fail(ENOTSOCK, failure_without_socket("forked object", {"name": name, "step": remedy}))
