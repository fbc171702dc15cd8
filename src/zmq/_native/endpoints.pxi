# Endpoints: bind, connect and their opposites, groups, and the lists kept of them.

cdef enum EndpointCall:
    BIND
    CONNECT
    CONNECT_PEER
    UNBIND
    DISCONNECT


cdef enum:
    LONGEST_ENDPOINT = 1 << 24


cdef bytes as_address(object address):
    if isinstance(address, str):
        return address.encode("utf-8")
    if isinstance(address, bytes):
        return address
    raise wrong_argument(None, "address", {"shown": f"{address!r:.80}"})


cdef int64_t endpoint_call(Handle handle, object address, EndpointCall call,
                           object given=None) except -1:
    """Bind, connect or undo it, with errors that name the address.

    given: what the program has named the address that is bound. The routing id of CONNECT_PEER,
    else 0.
    """
    cdef bytes encoded
    cdef const char *where
    cdef int64_t peer = 0
    cdef int rc, error
    encoded = as_address(address)
    enter(handle)
    if call == UNBIND:
        encoded = bound_by(handle, encoded)
    where = encoded
    if call == BIND:
        rc = zmq_bind(handle.ptr, where)
    elif call == CONNECT:
        rc = zmq_connect(handle.ptr, where)
    elif call == CONNECT_PEER:
        peer = zmq_connect_peer(handle.ptr, where)
        rc = 0 if peer else -1
    elif call == UNBIND:
        rc = zmq_unbind(handle.ptr, where)
    else:
        rc = zmq_disconnect(handle.ptr, where)
    error = c_errno() if rc < 0 else 0
    if error and call == BIND and monitor_of(handle):
        # libzmq sends the event of the failure before it returns, and that may overwrite errno.
        error = bind_error(monitor_of(handle)) or error
    if rc == 0:
        note_endpoint(handle, encoded, CONNECT if call == CONNECT_PEER else call, given)
    elif call == UNBIND and error == ENOENT:
        forget_bound(handle, encoded)
    if monitor_of(handle):
        pump_monitor(&handle.extras.monitor)
        if rc == 0 and (call == UNBIND or call == DISCONNECT):
            forget_endpoint(handle, encoded)
    leave(handle)
    if ohmq_load_int(&_tracking) and handle.inproc:
        inproc_changed(handle, False)
    if rc < 0:
        endpoint_failed(handle, address, call, error)
    return peer


cdef bytes bound_by(Handle handle, bytes text):
    """The endpoint that the last bind with a text took: libzmq unbinds nothing else.

    It knows neither wildcards nor names of interfaces again. Called with the lock.
    """
    found = None
    if handle.extras is not None and handle.extras.bound_as is not None:
        found = handle.extras.bound_as.get(text)
    return found[len(found) - 1] if found else text


cdef int note_bound_as(Handle handle, bytes text, bytes endpoint) except -1:
    cdef Extras extras = extras_of(handle)
    if extras.bound_as is None:
        extras.bound_as = {}
    extras.bound_as.setdefault(text, []).append(endpoint)
    return 0


cdef int forget_bound(Handle handle, bytes endpoint) except -1:
    if handle.extras is None or handle.extras.bound_as is None:
        return 0
    for text, found in list(handle.extras.bound_as.items()):
        if endpoint in found:
            found.remove(endpoint)
        if not found:
            del handle.extras.bound_as[text]
    return 0


cdef tuple inproc_names(Handle handle):
    """The inproc endpoints that the socket has bound; None if it never had one. With the lock."""
    return handle.extras.inproc_bound if handle.extras is not None else None


cdef bint has_inproc_name(Handle handle, bytes name) except -1:
    """Whether the socket has bound an inproc endpoint. Called without the lock."""
    ohmq_lock_acquire(&handle.lock)
    try:
        return name in (inproc_names(handle) or ())
    finally:
        ohmq_lock_release(&handle.lock)


cdef int note_inproc(Handle handle, bytes endpoint, EndpointCall call) except -1:
    """Keep what a call with an inproc endpoint has changed."""
    cdef tuple names = inproc_names(handle)
    cdef int64_t monitor
    handle.inproc = True
    if call == BIND:
        extras_of(handle).inproc_bound = (names or ()) + (endpoint,)
    elif call == CONNECT:
        monitor = outlet_at(handle.context, endpoint)
        if monitor:
            extras_of(handle).reads = monitor
    elif names is not None and endpoint in names:
        handle.extras.inproc_bound = without(names, endpoint)
    return 0


cdef int note_endpoint(Handle handle, bytes encoded, EndpointCall call, object given) except -1:
    """Keep the lists of endpoints: for errors and dump(), and for the names that close gives up."""
    cdef bytes taken = encoded
    if encoded.startswith(b"inproc:"):
        note_inproc(handle, encoded, call)
    elif call == BIND:
        taken = last_endpoint(handle) or encoded
        for text in {encoded} if given is None else {encoded, as_address(given)}:
            if text != taken:
                note_bound_as(handle, text, taken)
    elif call == UNBIND:
        forget_bound(handle, encoded)
    endpoint = taken.decode("utf-8", "replace")
    if call == BIND:
        handle.bound += (endpoint,)
        note_unguarded(handle, taken, endpoint)
    elif call == CONNECT:
        if connects_once(handle, endpoint):
            return 0
        handle.connected += (endpoint,)
        note_unguarded(handle, taken, endpoint)
    elif endpoint in handle.bound:
        handle.bound = without(handle.bound, endpoint)
    else:
        handle.connected = without(handle.connected, endpoint)
        if handle.extras is not None and endpoint in (handle.extras.gone or ()):
            handle.extras.gone = without(handle.extras.gone, endpoint)
    return 0


cdef bint connects_once(Handle handle, str endpoint):
    """Whether libzmq leaves out a connection, as the socket has one to the endpoint."""
    return (handle.type in (ZMQ_DEALER, ZMQ_SUB, ZMQ_PUB, ZMQ_REQ)
            and not endpoint.startswith("inproc:") and endpoint in handle.connected)


cdef tuple without(tuple endpoints, object endpoint):
    """The endpoints but one."""
    rest = list(endpoints)
    if endpoint in rest:
        rest.remove(endpoint)
    return tuple(rest)


cdef int note_unguarded(Handle handle, bytes taken, str endpoint) except -1:
    """Keep an endpoint whose peers prove nothing, unless it is clearly one of this machine.

    What is clear is said by the first letters: the rest is looked at where a pickle is received.
    """
    cdef int mechanism = 0
    cdef size_t size = sizeof(mechanism)
    if b";" not in taken and taken.startswith(  # what is before a semicolon is the own address
            (b"inproc:", b"ipc:", b"tcp://127.", b"tcp://localhost:", b"tcp://[::1]:")):
        return 0
    if (zmq_getsockopt(handle.ptr, ZMQ_MECHANISM, &mechanism, &size) == 0
            and mechanism != ZMQ_NULL and mechanism != ZMQ_PLAIN):
        return 0
    if extras_of(handle).unguarded is None:
        handle.extras.unguarded = []
    handle.extras.unguarded.append(endpoint)
    handle.unguarded_new = True
    return 0


cdef list take_unguarded(Handle handle):
    """The endpoints of note_unguarded since the last call; None, at the cost of a look, if none."""
    if not handle.unguarded_new:
        return None
    enter(handle)
    found, handle.extras.unguarded, handle.unguarded_new = handle.extras.unguarded, None, False
    leave(handle)
    return found


cdef bytes last_endpoint(Handle handle):
    """The endpoint of the last bind or connect: a name of inproc may be of any length.

    Called with the lock.
    """
    cdef bytearray text = bytearray(256)
    cdef size_t size = len(text)
    while zmq_getsockopt(handle.ptr, ZMQ_LAST_ENDPOINT, <char *> text, &size) < 0:
        if c_errno() != EINVAL or size >= LONGEST_ENDPOINT:
            return b""
        size = 2 * len(text)
        text = bytearray(size)
    return bytes(text[:size - 1])


cdef int endpoint_failed(Handle handle, object address, EndpointCall call, int error) except -1:
    case = ("bind" if call == BIND else "unbind" if call == UNBIND
            else "disconnect" if call == DISCONNECT else "connect")
    raised = error_of(error, unlocked_failure_of(handle, case, {"address": address}))
    if call != UNBIND and call != DISCONNECT:
        what = strerror(error)
        if error == ENAMETOOLONG and call == BIND:  # programs look for the number
            what = f"{what}: an ipc path has at most {IPC_PATH_MAX_LEN} bytes"
        raised.strerror = f"{what} (addr={address!r})"
    raise raised


cdef int group_call(Handle handle, object group, bint join) except -1:
    cdef bytes name = group.encode("utf-8") if isinstance(group, str) else bytes(group)
    cdef const char *text = name
    cdef int rc
    need_groups()
    enter(handle)
    rc = zmq_join(handle.ptr, text) if join else zmq_leave(handle.ptr, text)
    error = c_errno() if rc < 0 else 0
    if rc == 0:
        handle.subscriptions += 1 if join else -1
    leave(handle)
    if rc < 0:
        fail(error, unlocked_failure_of(handle, "join" if join else "leave", {"group": group}))
    return 0
