# What the methods of Socket call, beside sending and receiving themselves.

cdef enum EndpointCall:
    BIND
    CONNECT
    UNBIND
    DISCONNECT


cdef bytes as_address(object address):
    if isinstance(address, str):
        return address.encode("utf-8")
    if isinstance(address, bytes):
        return address
    raise TypeError(f"expected addr to be str, got addr={address!r}")


cdef int endpoint_call(Handle handle, object address, EndpointCall call,
                       object given=None) except -1:
    """Bind, connect or undo it, with errors that name the address.

    given: what the program has named the address that is bound.
    """
    cdef bytes encoded
    cdef const char *where
    cdef int rc, error
    encoded = as_address(address)
    if handle.ptr == NULL:
        enter(handle)  # raises: a closed socket says so before what is wrong with an address
    if handle.endpoints is None:
        handle.endpoints, handle.inproc_bound, handle.bound_as = [], [], {}
    enter(handle)
    if call == UNBIND:
        encoded = bound_by(handle, encoded)
    where = encoded
    if call == BIND:
        rc = zmq_bind(handle.ptr, where)
    elif call == CONNECT:
        rc = zmq_connect(handle.ptr, where)
    elif call == UNBIND:
        rc = zmq_unbind(handle.ptr, where)
    else:
        rc = zmq_disconnect(handle.ptr, where)
    error = c_errno() if rc < 0 else 0
    if rc == 0:
        note_endpoint(handle, encoded, call, given)
    elif call == UNBIND and error == ENOENT:
        forget_bound(handle, encoded)
    if handle.monitor:
        pump_monitor(&handle.monitor)
    leave(handle)
    if rc < 0:
        endpoint_failed(handle, encoded, address, call, error)
    return 0


cdef bytes bound_by(Handle handle, bytes text):
    """The endpoint that the last bind with a text took: libzmq unbinds nothing else.

    It knows neither wildcards nor names of interfaces again.
    """
    found = handle.bound_as.get(text) if handle.bound_as is not None else None
    return found[len(found) - 1] if found else text


cdef int forget_bound(Handle handle, bytes endpoint) except -1:
    for text, found in list(handle.bound_as.items()):
        if endpoint in found:
            found.remove(endpoint)
        if not found:
            del handle.bound_as[text]
    return 0


cdef int note_endpoint(Handle handle, bytes encoded, EndpointCall call, object given) except -1:
    """Keep the lists of endpoints: for errors and dump(), and for the names that close gives up."""
    cdef bytes taken = encoded
    if encoded.startswith(b"inproc:"):
        handle.inproc = True
        if call == BIND:
            handle.inproc_bound.append(encoded)
        elif call == CONNECT:
            handle.reads = monitor_at(handle.context, encoded) or handle.reads
        elif encoded in handle.inproc_bound:
            handle.inproc_bound.remove(encoded)
    elif call == BIND:
        taken = last_endpoint(handle) or encoded
        for text in {encoded} if given is None else {encoded, as_address(given)}:
            if text != taken:
                handle.bound_as.setdefault(text, []).append(taken)
    elif call == UNBIND:
        forget_bound(handle, encoded)
    endpoint = taken.decode("utf-8", "replace")
    if call == BIND or call == CONNECT:
        handle.endpoints.append(endpoint)
    elif endpoint in handle.endpoints:
        handle.endpoints.remove(endpoint)
    return 0


cdef bytes last_endpoint(Handle handle):
    cdef char text[256]
    cdef size_t size = sizeof(text)
    if zmq_getsockopt(handle.ptr, ZMQ_LAST_ENDPOINT, text, &size) < 0 or size == 0:
        return b""
    return text[:size - 1]


cdef int endpoint_failed(Handle handle, bytes encoded, object address, EndpointCall call,
                         int error) except -1:
    reason = strerror(error)
    if error == ENAMETOOLONG and encoded.startswith(b"ipc://"):
        path = encoded[6:]
        fail(error, f"ipc path is {len(path)} bytes long, this system allows {IPC_PATH_MAX_LEN} "
                    f"(addr={address!r})")
    if error == EADDRINUSE:
        reason += ": another socket is bound there"
    fail(error, f"{reason} (addr={address!r})")


cdef int group_call(Handle handle, object group, bint join) except -1:
    cdef bytes name = group.encode("utf-8") if isinstance(group, str) else bytes(group)
    cdef const char *text = name
    cdef int rc
    need_groups()
    enter(handle)
    rc = zmq_join(handle.ptr, text) if join else zmq_leave(handle.ptr, text)
    error = c_errno() if rc < 0 else 0
    leave(handle)
    if rc < 0:
        fail(error, f"{strerror(error)} (group={group!r})")
    return 0


cdef inline bint is_own_attribute(object instance, object name) except -1:
    """Whether a class names the attribute in its annotations, or the instance has it already."""
    own = getattr(instance, "__dict__", None)
    if own is not None and name in own:
        return True
    for base in type(instance).__mro__:
        if name in base.__dict__.get("__annotations__", ()):
            return True
    return False


def keep_attributes(type cls):
    """Have a subclass look attributes up, and set them, as its base does.

    Python gives a class whose base has __getattr__ a slot that looks for that method by name at
    every access of any attribute; the base's own slot takes a third of the time. Likewise
    __setattr__, as it stands in the dictionary of the base with names for its arguments.
    """
    if not has_before_socket(cls, "__getattr__", "__getattribute__"):
        (<PyTypeObject *> cls).tp_getattro = (<PyTypeObject *> Socket).tp_getattro
    if not has_before_socket(cls, "__setattr__", "__delattr__"):
        (<PyTypeObject *> cls).tp_setattro = (<PyTypeObject *> Socket).tp_setattro
    PyType_Modified(cls)


cdef bint has_before_socket(type cls, str name, str other) except -1:
    """Whether a class, or one between it and Socket, has a method of its own."""
    cdef object base
    for base in cls.__mro__:
        if base is Socket:
            break
        if name in base.__dict__ or other in base.__dict__:
            return True
    return False


cdef object read_attribute(object socket, str key):
    number = _numbers.get(key.lower())
    if number is None:
        raise AttributeError(f"{type(socket).__name__} has no such option: {key.upper()}")
    return OptionAttribute(key, number).__get__(socket, None)


# ---- methods that a subclass replaced -----------------------------------------------------------
# Sockets of other libraries override send and recv only, and count on all else to go through them.

cdef inline bint overridden(object instance, object name, object native) except -1:
    if <object> _PyType_Lookup(<type> type(instance), name) is not native:
        return True
    own = PyObject_GenericGetDict_(instance)
    return own is not None and name in own


def overrides(instance, str name, type base):
    """Return whether a subclass of base, or the object itself, has a method in place of base's."""
    return overridden(instance, name, <object> _PyType_Lookup(base, name))


cdef inline object PyObject_GenericGetDict_(object instance):
    cdef PyObject **where = _PyObject_GetDictPtr(instance)
    if where == NULL or where[0] == NULL:
        return None
    return <object> where[0]


cdef object send_each(object socket, list parts, object flags, bint copy, bint track,
                      dict kwargs):
    if not parts:
        raise IndexError("a multipart message has at least one part: the list is empty")
    check_parts(parts)
    last = parts.pop()
    for part in parts:
        socket.send(part, ZMQ_SNDMORE | flags, copy=copy, track=track, **kwargs)
    return socket.send(last, flags, copy=copy, track=track, **kwargs)


cdef object send_many_each(object socket, list messages, object flags):
    sent = 0
    for message in messages:
        try:
            if isinstance(message, (list, tuple)):
                socket.send_multipart(list(message), flags)
            else:
                socket.send(message, flags)
        except Exception as error:
            if getattr(error, "errno", None) == EAGAIN:
                break
            error.sent = sent
            raise
        sent += 1
    return sent


cdef list receive_each(object socket, object flags, bint copy, bint track):
    parts = [socket.recv(flags, copy=copy, track=track)]
    while socket.getsockopt(ZMQ_RCVMORE):
        parts.append(socket.recv(flags, copy=copy, track=track))
    return parts


cdef list receive_many_each(object socket, Py_ssize_t limit, object flags, bint multipart):
    if limit < 1:
        raise ValueError(f"limit is the number of messages to receive at most, not {limit}")
    receive = socket.recv_multipart if multipart else socket.recv
    received = [receive(flags)]
    while len(received) < limit:
        try:
            received.append(receive(flags | ZMQ_DONTWAIT))
        except Exception as error:
            if getattr(error, "errno", None) == EAGAIN:
                break
            raise
    return received


cdef int put_back_received(Handle handle, object parts, bint more, object mores,
                           int64_t order) except -1:
    """Put back what a receive has given (rule 4): a part, a message, several messages or parts.

    Frames know whether others of their message follow. Of bytes, more tells it for a part by
    itself, and mores for parts that are no message: the indexes of those that others follow.
    """
    cdef Py_ssize_t i
    if isinstance(parts, Frame):
        return put_back_list(handle, [parts], (<Frame> parts).more, order)
    if isinstance(parts, bytes):
        return put_back_list(handle, [parts], more, order)
    if mores is None and type(parts[0]) is bytes:
        return put_back_list(handle, list(parts), False, order)
    for i in reversed(range(len(parts))):
        part = parts[i]
        if isinstance(part, (list, tuple)):
            put_back_received(handle, part, False, None, order)
            order -= len(part)
        else:
            put_back_received(handle, part, mores is not None and i in mores, None, order)
            order -= 1
    return 0


cdef int put_back_list(Handle handle, list parts, bint more=False, int64_t order=0) except -1:
    """Put parts back; more: others of their message follow. See put_back_parts for the order."""
    cdef zmq_msg_t few[FEW]
    cdef zmq_msg_t *messages = few
    cdef Py_ssize_t n = PyList_GET_SIZE(parts)
    cdef Py_ssize_t made = 0
    cdef Py_ssize_t i
    check_parts(parts)
    if n > FEW:
        messages = <zmq_msg_t *> malloc(n * sizeof(zmq_msg_t))
        if messages == NULL:
            raise MemoryError
    try:
        while made < n:
            zmq_msg_init(&messages[made])
            make_message(<object> PyList_GET_ITEM(parts, made), &messages[made], True,
                         _copy_threshold, None)
            made += 1
        enter(handle)
        try:
            # They have not been received after all.
            for i in range(n):
                handle.counters.bytes_received -= zmq_msg_size(&messages[i])
            if not more:
                handle.counters.messages_received -= 1
            put_back_parts(handle, messages, <int> n, more, order)
        finally:
            leave(handle)
    finally:
        drop_parts(messages, made, few)
    return 0
