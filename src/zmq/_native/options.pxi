# Reading and writing socket options, by number and by attribute.

cdef enum:
    KINDS = 256

cdef unsigned char _kinds[KINDS]
memset(_kinds, 0, sizeof(_kinds))

# Filled by define_options: names in lower case to numbers, and numbers to names for errors.
cdef dict _numbers = {}
cdef dict _names = {}


def define_options(members):
    """Take the socket options as {name: member}, aliases after what they stand for.

    zmq.constants owns the numbers and the kinds ("int", "int64", "uint64", "bytes", "fd"); this is
    how they come down here.
    """
    kinds = {"int": INT, "int64": INT64, "uint64": UINT64, "bytes": BYTES, "fd": FD}
    for name, option in members.items():
        number = int(option)
        _kinds[number] = kinds[option._kind]
        _numbers[name.lower()] = number
        _names.setdefault(number, name)


def add_option_attributes(type cls):
    """Make each option an attribute of a class, in small and in capital letters."""
    taken = {name for base in cls.__mro__ for name in base.__dict__}
    for name, number in _numbers.items():
        for spelling in (name, name.upper()):
            if spelling not in taken:
                ohmq_set_in_class(<PyTypeObject *> cls, spelling, OptionAttribute(spelling, number))


cdef inline OptionKind kind_of(int option) noexcept:
    if 0 <= option < KINDS:
        return <OptionKind> _kinds[option]
    return UNKNOWN


cdef str option_name(int option):
    return _names.get(option, str(option))


cdef int option_failed(Handle handle, str case, int option, int error,
                       object value=None) except -1:
    """Raise for an option that libzmq refused. Of text only the length is told: it may be a key."""
    more = {"option": option_name(option)}
    if isinstance(value, bytes):
        more["length"] = len(value)
    elif value is not None:
        more["value"] = int(value)
    fail(error, unlocked_failure_of(handle, case, more))


cdef object get_events(Handle handle):
    cdef EventsRead look
    enter(handle)
    look_at(handle, &look)
    leave_looked(handle, &look)
    if look.error:
        option_failed(handle, "get", ZMQ_EVENTS, look.error)
    return look.events


cdef object get_option(Handle handle, int option):
    cdef OptionKind kind = kind_of(option)
    cdef int64_t wide = 0
    cdef int narrow = 0
    cdef size_t size
    cdef void *where
    cdef int rc, error

    if kind == BYTES:
        return get_text(handle, option)
    if kind == INT64 or kind == UINT64 or (kind == FD and OHMQ_FD_IS_WIDE):
        where, size = &wide, sizeof(wide)
    else:
        where, size = &narrow, sizeof(narrow)
    if option == ZMQ_EVENTS:
        return get_events(handle)
    enter(handle)
    rc = zmq_getsockopt(handle.ptr, option, where, &size)
    error = c_errno() if rc < 0 else 0
    if rc == 0 and option == ZMQ_RCVMORE and handle.unread_more >= 0:
        narrow = handle.unread_more
    ohmq_lock_release(&handle.lock)  # nothing has changed that others wait for
    if rc < 0:
        option_failed(handle, "get", option, error)
    if kind == UINT64:
        return <uint64_t> wide
    return wide if where == &wide else narrow


cdef bytes get_text(Handle handle, int option):
    cdef char text[256]
    cdef size_t size = sizeof(text)
    cdef int error = 0
    cdef bytes value = None
    enter(handle)
    try:
        # CURVE keys would want exactly 32 or 41 bytes: so a secret is never read by accident.
        if zmq_getsockopt(handle.ptr, option, text, &size) == 0:
            # libzmq ends text values with a zero that is not part of them; a routing id is data.
            if size and option != ZMQ_ROUTING_ID and text[size - 1] == 0:
                size -= 1
            value = text[:size]
        elif c_errno() == EINVAL and option == ZMQ_LAST_ENDPOINT:
            value = last_endpoint(handle)
        else:
            error = c_errno()
    finally:
        ohmq_lock_release(&handle.lock)  # nothing has changed that others wait for
    if error:
        option_failed(handle, "get", option, error)
    return value


cdef bint is_set(Handle handle, int option) noexcept:
    """Whether an option that is a number is not 0. Called with the lock."""
    cdef int value = 0
    cdef size_t size = sizeof(value)
    return zmq_getsockopt(handle.ptr, option, &value, &size) == 0 and value != 0


cdef bint has_text(Handle handle, int option) noexcept:
    """Whether an option that is text is not empty. Called with the lock."""
    cdef char text[256]
    cdef size_t size = sizeof(text)
    return zmq_getsockopt(handle.ptr, option, text, &size) == 0 and size > 1


cdef object integer_of(object value):
    """A number of another library as an int: NumPy's, for example. None for what is none."""
    try:
        return PyNumber_Index(value)
    except TypeError:
        return None


cdef int set_option(Handle handle, int option, object value) except -1:
    cdef OptionKind kind = kind_of(option)
    cdef int64_t wide
    cdef int narrow
    cdef const void *where
    cdef size_t size
    cdef int rc, error

    need_open(handle)
    if kind == BYTES:
        if type(value) is not bytes and not isinstance(value, bytes):
            raise wrong_type(handle, option, "bytes", value)
        where, size = PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)
    elif not isinstance(value, int):
        number = integer_of(value)
        if number is None:
            raise wrong_type(handle, option, "int", value)
        return set_option(handle, option, number)
    elif kind == INT64:
        wide = value
        where, size = &wide, sizeof(wide)
    elif kind == UINT64:
        # -1 is every bit of one without a sign, too.
        wide = <int64_t> <uint64_t> value if value > 0 else value
        where, size = &wide, sizeof(wide)
    else:
        try:
            narrow = value
        except OverflowError:
            raise too_large(handle, option, value) from None
        where, size = &narrow, sizeof(narrow)
    enter(handle)
    rc = zmq_setsockopt(handle.ptr, option, where, size)
    error = c_errno() if rc < 0 else 0
    if rc == 0 and option == ZMQ_SUBSCRIBE:
        handle.subscriptions += 1
    elif rc == 0 and option == ZMQ_UNSUBSCRIBE and handle.subscriptions > 0:
        handle.subscriptions -= 1
    if rc == 0 and handle.type == ZMQ_XPUB:
        note_xpub_option(handle, option, value)
    leave(handle)
    if rc < 0:
        option_failed(handle, "set", option, error, value)
    return 0


cdef object wrong_type(Handle handle, int option, str expected, object value):
    return wrong_argument(handle, "option", {
        "option": option_name(option), "expected": expected, "of": type_of(value),
        "shown": f"{value!r:.80}" if expected == "int" else None})


cdef object too_large(Handle handle, int option, object value):
    """The error for a number that an option has no room for."""
    return OverflowError(f"option {option_name(option)} of a {type_name(handle.type)} socket is "
                         f"a number from {INT_MIN} to {INT_MAX}, not {value}")


cdef int events_of(Handle handle, int *events) noexcept:
    """Read EVENTS, which also makes libzmq handle what waits for the socket. 0, or an errno."""
    cdef size_t size = sizeof(int)
    events[0] = 0
    if monitor_read_by(handle):
        pump_monitor(&handle.extras.reads)
    if handle.signaler != NULL:
        ohmq_signaler_clear(handle.fd)
    if zmq_getsockopt(handle.ptr, ZMQ_EVENTS, events, &size) < 0:
        return c_errno()
    events[0] |= unread_events(handle)
    return 0


cdef class TypeAttribute:
    """The type of the socket, as zmq.SocketType.

    An object may replace it by a value of its own.
    """

    def __get__(self, instance, owner):
        if instance is None:
            return self
        cdef int number = (<Socket?> instance).handle.type
        return _types.get(number, number)


cdef class OptionAttribute:
    """A socket option as an attribute of the socket class: read and written without a frame."""

    def __init__(self, str name, int number):
        self.name = name
        self.number = number

    def __get__(self, instance, owner):
        if instance is None:
            return self
        try:
            return get_option((<Socket> instance).handle, self.number)
        except Exception as error:
            if getattr(error, "errno", None) == EINVAL:
                raise AttributeError(f"{self.name} attribute is write-only") from error
            raise

    def __set__(self, instance, value):
        set_option((<Socket> instance).handle, self.number, value)

    def __delete__(self, instance):
        raise AttributeError(f"option {self.name} cannot be deleted")
