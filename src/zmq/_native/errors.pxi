# Return codes become exceptions here, and nowhere else.

# zmq.error registers its classes at import: this module imports nothing from the package.
cdef object _error_factory = None
cdef object _wrong_argument = None


def set_error_factory(factory, wrong_argument):
    """Register ``factory(errno, reason)``, which makes the exception for an error number.

    A reason is a Failure, words, or None. ``wrong_argument(failure)`` makes the TypeError for an
    argument.
    """
    global _error_factory, _wrong_argument
    _error_factory = factory
    _wrong_argument = wrong_argument


cdef inline object error_of(int error, object reason):
    return _error_factory(error, reason)


cdef int fail(int error, object reason=None) except -1:
    """Raise the exception for an error number."""
    raise error_of(error, reason)


cdef object wrong_argument(Handle handle, str case, dict more):
    """The TypeError for an argument of a call on a socket, or of none (None)."""
    return _wrong_argument(failure_without_socket(case, more) if handle is None
                           else unlocked_failure_of(handle, case, more))


cdef int check(int rc) except -1:
    """Raise for what libzmq says went wrong in the call that returned rc."""
    if rc < 0:
        fail(c_errno())
    return rc


def zmq_errno() -> int:
    """The error number of the last call of libzmq in this thread (zmq_errno(3))."""
    return c_errno()


def strerror(errno: int) -> str:
    """Text for an error number of ØMQ or of the system (zmq_strerror(3))."""
    return zmq_strerror(errno).decode("utf-8", "replace")


def zmq_version_info() -> tuple[int, int, int]:
    """Version of the libzmq that is loaded, as (major, minor, patch) (zmq_version(3))."""
    cdef int major = 0
    cdef int minor = 0
    cdef int patch = 0
    zmq_version(&major, &minor, &patch)
    return major, minor, patch


def has(capability: str) -> bool:
    """Whether the libzmq that is loaded has a capability, like "curve" or "ipc" (zmq_has(3))."""
    return bool(zmq_has(capability.encode("utf-8")))
