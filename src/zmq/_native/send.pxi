# Sending: making message parts of Python objects, and handing them to libzmq.

# What Socket.copy_threshold starts as, unless a program says otherwise: zmq.COPY_THRESHOLD.
cdef Py_ssize_t _copy_threshold = 65536
COPY_THRESHOLD = _copy_threshold
cdef dict _namespace = {}


def set_namespace(namespace):
    """Take the namespace of the module `zmq`, where a program may set COPY_THRESHOLD."""
    global _namespace
    _namespace = namespace


cdef inline Py_ssize_t default_threshold() except? -1:
    found = _namespace.get("COPY_THRESHOLD")
    return _copy_threshold if found is None else found


cdef int make_message(object data, zmq_msg_t *msg, bint copy, Py_ssize_t threshold,
                      object event) except -1:
    """Make a message part of bytes, a Frame, or any object with a contiguous buffer.

    Returns 1 where the data were lent to libzmq and event will be set, 0 where they were copied.
    """
    cdef Py_buffer view
    cdef int error
    if type(data) is bytes:
        # bytes cannot change: lending them is as safe as a copy.
        if PyBytes_GET_SIZE(data) >= threshold:
            lend(data, msg, event)
            return 1
        copy_message(msg, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        return 0
    if isinstance(data, Frame):
        with cython.critical_section(data):
            error = c_errno() if zmq_msg_copy(msg, &(<Frame> data).msg) < 0 else 0
        if error:
            fail(error)
        return 0
    PyObject_GetBuffer(data, &view, PyBUF_ANY_CONTIGUOUS)
    try:
        if not copy and view.len >= threshold:
            lend(data, msg, event)
            return 1
        copy_message(msg, <char *> view.buf, view.len)
    finally:
        PyBuffer_Release(&view)
    return 0


cdef inline int copy_message(zmq_msg_t *msg, const char *source, Py_ssize_t size) except -1:
    cdef char *target
    if zmq_msg_init_size(msg, size) < 0:
        zmq_msg_init(msg)  # libzmq leaves behind what cannot be closed
        raise MemoryError
    target = <char *> zmq_msg_data(msg)
    if size < LARGE:
        memcpy(target, source, size)
    else:
        with nogil:
            memcpy(target, source, size)
    return 0


cdef int send_failed(Handle handle, int error, zmq_msg_t *msg, int timeout_ms=-1) except -1:
    """Raise for the first part of a message, which libzmq has not taken. As fail_inside."""
    cdef Failure failure = (failed_wait(handle, True, timeout_ms) if error == EAGAIN
                            else failure_of(handle, "send"))
    cdef size_t size
    if handle.type == ZMQ_ROUTER and error in (EAGAIN, EHOSTUNREACH) and msg != NULL:
        size = zmq_msg_size(msg)
        failure.more = {**(failure.more or {}),
                        "peer": (<char *> zmq_msg_data(msg))[:min(size, 256)]}
    return fail_inside(handle, error, failure)


cdef inline void count_sent(Handle handle, Py_ssize_t size, int flags) noexcept:
    handle.counters.bytes_sent += size
    handle.inside_message = flags & ZMQ_SNDMORE
    if not handle.inside_message:
        handle.counters.messages_sent += 1


cdef inline bint wakes_a_thread(Handle handle) noexcept:
    """Whether a send may wake a thread of this process, which will want the GIL at once."""
    return ohmq_load_int(&_sleepers) > 0 and handle.inproc


cdef inline int hand_to_libzmq(Handle handle, zmq_msg_t *msg, int flags) noexcept:
    """zmq_msg_send without waiting, and without the GIL where a thread waits for it."""
    cdef int rc
    cdef void *ptr = handle.ptr
    if wakes_a_thread(handle):
        with nogil:
            rc = zmq_msg_send(msg, ptr, flags | ZMQ_DONTWAIT)
    else:
        rc = zmq_msg_send(msg, ptr, flags | ZMQ_DONTWAIT)
    return rc


cdef int look_once(Handle handle, bint *looked) except -1:
    """Whether a send that would block is worth another try: libzmq may not have looked yet."""
    cdef int events
    if looked[0]:
        return False
    looked[0] = True
    return events_of(handle, &events) == 0 and events & ZMQ_POLLOUT


cdef int send_message(Handle handle, zmq_msg_t *msg, int flags) except -1:
    """Send one part, blocking as flags and SNDTIMEO allow. The part is libzmq's afterwards.

    0, or NOT_NOW.
    """
    cdef Blocked blocked
    cdef Py_ssize_t size = zmq_msg_size(msg)
    cdef int error
    cdef bint trying = flags & TRYING
    cdef bint looked = False
    flags &= ~TRYING
    memset(&blocked, 0, sizeof(blocked))
    enter(handle)
    try:
        while hand_to_libzmq(handle, msg, flags) < 0:
            error = c_errno()
            if error != EAGAIN:
                send_failed(handle, error, msg)
            if handle.inside_message:
                # The peer died in the middle of the message. libzmq drops the rest of it, here
                # as in its own blocking send: no other peer may get half a message.
                zmq_msg_close(msg)
                zmq_msg_init(msg)
                break
            if trying:
                if look_once(handle, &looked):
                    continue
                return NOT_NOW
            if flags & ZMQ_DONTWAIT:
                handle.counters.would_block += 1
                send_failed(handle, EAGAIN, msg)
            if not block(handle, &blocked, ZMQ_POLLOUT, ZMQ_SNDTIMEO):
                send_failed(handle, EAGAIN, msg, timeout_of(handle, ZMQ_SNDTIMEO))
        count_sent(handle, size, flags)
    finally:
        block_end(handle, &blocked)
        leave(handle)
    return 0


cdef inline int send_copy(Handle handle, const char *data, size_t size, int flags) noexcept:
    """zmq_send without waiting, and without the GIL where a thread waits for it."""
    cdef int rc
    cdef void *ptr = handle.ptr
    if wakes_a_thread(handle):
        with nogil:
            rc = zmq_send(ptr, data, size, flags | ZMQ_DONTWAIT)
    else:
        rc = zmq_send(ptr, data, size, flags | ZMQ_DONTWAIT)
    return rc


cdef inline bint try_send_bytes(Handle handle, object data, int flags) except -1:
    """Send exact bytes by copy if that does not block; False leaves everything to the caller."""
    cdef int rc
    enter(handle)
    rc = send_copy(handle, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), flags)
    if rc < 0 and handle.inside_message and c_errno() == EAGAIN:
        rc = 0  # dropped with the rest of its message: see send_message
    if rc >= 0:
        count_sent(handle, PyBytes_GET_SIZE(data), flags)
    leave(handle)
    return rc >= 0


cdef object send_one(Handle handle, object data, int flags, bint copy, bint track,
                     Py_ssize_t threshold, object routing_id, object group):
    """Send one part made of any object; the tracker where one is asked for."""
    cdef zmq_msg_t msg
    cdef bint lent
    cdef object event = None
    need_open(handle)
    if not copy and track and not isinstance(data, Frame):
        event = new_event()
    zmq_msg_init(&msg)
    if isinstance(data, Frame):
        if track and tracker_of(data) is None:
            raise ValueError("Not a tracked message: make the Frame with track=True")
    elif not PyObject_CheckBuffer(data):
        raise wrong_argument(handle, "data", {"of": type_of(data)})
    lent = make_message(data, &msg, copy, threshold, event)
    try:
        if routing_id is not None:
            set_routing_id(&msg, routing_id)
        if group is not None:
            set_group(&msg, group)
        if send_message(handle, &msg, flags) == NOT_NOW:
            zmq_msg_close(&msg)
            return _would_block
    except BaseException:
        zmq_msg_close(&msg)
        raise
    if isinstance(data, Frame):
        return tracker_of(data)
    if copy:
        return None
    if lent:
        return _tracker_class(event) if track else None
    return _finished_tracker


# ---- multipart ----------------------------------------------------------------------------------

cdef int send_parts(Handle handle, zmq_msg_t *parts, int n, int flags) except -1:
    """Send the parts of one message. Called with the lock, within one Blocked.

    Returns 1 when the message is sent, 0 when the first part would block. libzmq takes parts after
    the first at once.
    """
    cdef int i, rc
    cdef int64_t size = 0
    for i in range(n):
        size += zmq_msg_size(&parts[i])
        rc = hand_to_libzmq(handle, &parts[i], flags if i == n - 1 else flags | ZMQ_SNDMORE)
        if rc < 0:
            if c_errno() != EAGAIN:
                send_failed(handle, c_errno(), &parts[i])
            if i == 0 and not handle.inside_message:
                return 0
            zmq_msg_close(&parts[i])  # as in send_message
            zmq_msg_init(&parts[i])
    handle.inside_message = flags & ZMQ_SNDMORE
    if not handle.inside_message:
        handle.counters.messages_sent += 1
    handle.counters.bytes_sent += size
    return 1


cdef void drop_parts(zmq_msg_t *parts, Py_ssize_t n, zmq_msg_t *few) noexcept:
    """Close n parts, and free the array where it is not the small one of the caller."""
    cdef Py_ssize_t i
    for i in range(n):
        zmq_msg_close(&parts[i])
    if parts != few:
        free(parts)


cdef int send_parts_blocking(Handle handle, zmq_msg_t *parts, int n, int flags) except -1:
    """0, or NOT_NOW."""
    cdef Blocked blocked
    cdef bint trying = flags & TRYING
    cdef bint looked = False
    flags &= ~TRYING
    memset(&blocked, 0, sizeof(blocked))
    enter(handle)
    try:
        while not send_parts(handle, parts, n, flags):
            if trying:
                if look_once(handle, &looked):
                    continue
                return NOT_NOW
            if flags & ZMQ_DONTWAIT:
                handle.counters.would_block += 1
                send_failed(handle, EAGAIN, parts)
            if not block(handle, &blocked, ZMQ_POLLOUT, ZMQ_SNDTIMEO):
                send_failed(handle, EAGAIN, parts, timeout_of(handle, ZMQ_SNDTIMEO))
    finally:
        block_end(handle, &blocked)
        leave(handle)
    return 0


cdef inline bint is_part(object thing) noexcept:
    return PyBytes_CheckExact(thing) or isinstance(thing, Frame) or PyObject_CheckBuffer(thing)


cdef inline str type_of(object thing):
    return type(thing).__name__


cdef int check_parts(list parts, Handle handle=None, object given=None,
                     Py_ssize_t message=-1) except -1:
    """Raise unless every part can be sent: nothing of a message is sent if one part cannot be.

    given: what the parts are of, where that is no list; message: the number among many.
    """
    cdef Py_ssize_t i
    for i in range(PyList_GET_SIZE(parts)):
        part = <object> PyList_GET_ITEM(parts, i)
        if is_part(part):
            continue
        raise wrong_argument(handle, "part", {
            "number": i, "shown": f"{part!r:.80}", "of": type_of(part), "message": message,
            "given": None if given is None else type_of(given)})
    return 0


@cython.wraparound(True)
cpdef list message_parts(msg_parts, socket=None):
    """The parts of a message, as a list of our own: other threads may change the caller's.

    socket: the one that is to send them, for the words of an error.

    Raises
    ------
    TypeError
        They are no sequence, or one of them cannot be sent.
    """
    if isinstance(msg_parts, (list, tuple)):
        return list(msg_parts)
    cdef Handle handle = None if socket is None else (<Socket?> socket).handle
    try:
        iter(msg_parts)
    except TypeError:
        raise wrong_argument(handle, "parts", {"of": type_of(msg_parts)}) from None
    check_parts(list(msg_parts), handle, msg_parts)
    # What is no sequence has no last part: an iterator, a set, a dict.
    try:
        return [*msg_parts[:-1], msg_parts[-1]]
    except TypeError:
        raise wrong_argument(handle, "parts", {"of": type_of(msg_parts), "many": True}) from None


def peer_options(dict given) -> dict:
    """The named arguments of send_multipart that send takes; there may be any others.

    The receiver of a message is never left out: send says where that cannot be kept.
    """
    return {name: given[name] for name in ("routing_id", "group") if name in given}


cdef inline bint are_small(list parts, Py_ssize_t threshold) noexcept:
    """Whether all parts are exact bytes that are copied."""
    cdef Py_ssize_t i
    for i in range(PyList_GET_SIZE(parts)):
        part = <object> PyList_GET_ITEM(parts, i)
        if not PyBytes_CheckExact(part) or PyBytes_GET_SIZE(part) >= threshold:
            return False
    return True


cdef int try_send_small(Handle handle, list parts, int flags) except -1:
    """Send exact bytes as one message, without a message object for each; 0 if it would block."""
    cdef Py_ssize_t i
    cdef Py_ssize_t n = PyList_GET_SIZE(parts)
    cdef int rc = -1
    cdef int error
    enter(handle)
    for i in range(n):
        part = <object> PyList_GET_ITEM(parts, i)
        rc = send_copy(handle, PyBytes_AS_STRING(part), PyBytes_GET_SIZE(part),
                       flags if i == n - 1 else flags | ZMQ_SNDMORE)
        if rc < 0:
            if i == 0 and not handle.inside_message:
                break
            if c_errno() != EAGAIN:
                error = c_errno()
                try:
                    fail_inside(handle, error, failure_of(handle, "send"))
                finally:
                    leave(handle)
            rc = 0  # the peer has gone: see send_message
        count_sent(handle, PyBytes_GET_SIZE(part), flags if i == n - 1 else flags | ZMQ_SNDMORE)
    leave(handle)
    return rc >= 0


cdef object send_list(Handle handle, list parts, int flags, bint copy, bint track,
                      Py_ssize_t threshold):
    """Send a list of parts as one message; the tracker where one is asked for."""
    cdef zmq_msg_t few[FEW]
    cdef zmq_msg_t *messages = few
    cdef Py_ssize_t n = PyList_GET_SIZE(parts)
    cdef Py_ssize_t made = 0
    cdef list watched = None
    cdef bint lent = False
    if n == 0:
        raise IndexError("a multipart message has at least one part: the list is empty")
    if not copy and track:
        watched = []
    elif copy and are_small(parts, threshold) and try_send_small(
            handle, parts, flags & ~TRYING):
        return None
    check_parts(parts, handle)
    need_open(handle)
    if n > FEW:
        messages = <zmq_msg_t *> malloc(n * sizeof(zmq_msg_t))
        if messages == NULL:
            raise MemoryError
    try:
        while made < n:
            part = <object> PyList_GET_ITEM(parts, made)
            zmq_msg_init(&messages[made])
            if watched is None:
                lent = make_message(part, &messages[made], copy, threshold, None)
            else:
                make_tracked(part, &messages[made], threshold, watched)
            made += 1
        if send_parts_blocking(handle, messages, n, flags) == NOT_NOW:
            return _would_block
    finally:
        drop_parts(messages, made, few)
    if watched is None:
        return None if copy or lent else _finished_tracker
    return _tracker_class(*watched) if watched else _finished_tracker


cdef int make_tracked(object part, zmq_msg_t *msg, Py_ssize_t threshold, list watched) except -1:
    if isinstance(part, Frame):
        tracker = tracker_of(part)
        if tracker is None:
            raise ValueError("Not a tracked message: make the Frame with track=True")
        watched.append(tracker)
        make_message(part, msg, False, threshold, None)
        return 0
    event = new_event()
    if make_message(part, msg, False, threshold, event):
        watched.append(event)
    return 0
