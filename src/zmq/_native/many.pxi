# Many messages in one call.


cdef int check_messages(Handle handle, list messages) except -1:
    """Raise, with how many were sent: none, unless every message can be sent."""
    cdef Py_ssize_t number = -1
    try:
        for message in messages:
            number += 1
            if is_part(message):
                continue
            parts = list(message) if isinstance(message, (list, tuple)) else [message]
            if not parts:
                raise IndexError("a multipart message has at least one part: a list is empty")
            check_parts(parts, handle, None, number)
    except BaseException as error:
        error.sent = 0
        raise
    return 0


cdef object send_many(Handle handle, list messages, int flags, Py_ssize_t threshold):
    """Send messages (parts, or lists of parts) one after the other; how many were sent."""
    cdef Blocked blocked
    cdef Py_ssize_t sent = 0
    cdef Py_ssize_t n = PyList_GET_SIZE(messages)
    check_messages(handle, messages)
    memset(&blocked, 0, sizeof(blocked))
    enter(handle)
    try:
        while sent < n:
            message = <object> PyList_GET_ITEM(messages, sent)
            if send_next(handle, message, flags, threshold):
                sent += 1
            elif flags & ZMQ_DONTWAIT:
                handle.counters.would_block += 1
                break
            elif not block(handle, &blocked, ZMQ_POLLOUT, ZMQ_SNDTIMEO):
                break
    except BaseException as error:
        # What went out is gone: say how much it was.
        error.sent = sent
        raise
    finally:
        block_end(handle, &blocked)
        leave(handle)
    return sent


cdef int send_next(Handle handle, object message, int flags, Py_ssize_t threshold) except -1:
    """Send one of many. Called with the lock; 0 when it would block."""
    cdef zmq_msg_t few[FEW]
    cdef zmq_msg_t *parts = few
    cdef Py_ssize_t made = 0
    cdef Py_ssize_t n
    cdef int rc
    if PyBytes_CheckExact(message) and PyBytes_GET_SIZE(message) < threshold:
        rc = send_copy(handle, PyBytes_AS_STRING(message), PyBytes_GET_SIZE(message), flags)
        if rc >= 0:
            count_sent(handle, PyBytes_GET_SIZE(message), flags)
            return 1
        if c_errno() != EAGAIN:
            send_failed(handle, c_errno(), NULL)
        return 0
    # Without the lock: buffers that come back meanwhile may have finalizers that use the socket.
    leave(handle)
    try:
        items = list(message) if isinstance(message, (list, tuple)) else [message]
        n = PyList_GET_SIZE(items)
        if n > FEW:
            parts = <zmq_msg_t *> malloc(n * sizeof(zmq_msg_t))
            if parts == NULL:
                parts = few
                raise MemoryError
        while made < n:
            zmq_msg_init(&parts[made])
            make_message(<object> PyList_GET_ITEM(items, made), &parts[made], True, threshold, None)
            made += 1
    except BaseException:
        drop_parts(parts, made, few)
        ohmq_lock_acquire(&handle.lock)
        raise
    ohmq_lock_acquire(&handle.lock)
    try:
        if handle.ptr == NULL:
            refuse_locked(handle)
        return send_parts(handle, parts, n, flags)
    finally:
        drop_parts(parts, made, few)


cdef object receive_many(Handle handle, Py_ssize_t limit, int flags, bint multipart,
                         Received *got, list mores=None):
    """Wait for one message and take what is there, up to the limit.

    mores gets the indexes of parts that are followed by others of their message.
    """
    cdef zmq_msg_t msg
    cdef list received
    cdef Py_ssize_t size
    if limit < 1:
        raise ValueError(f"limit is the number of messages to receive at most, not {limit}")
    if multipart:
        return receive_many_lists(handle, limit, flags, got)
    received = []
    zmq_msg_init(&msg)
    size = receive_inside(handle, &msg, flags, got)
    if size == NOT_NOW:
        return _would_block
    try:
        while True:
            if got.more and mores is not None:
                mores.append(PyList_GET_SIZE(received))
            received.append(message_bytes(&msg, size))
            if PyList_GET_SIZE(received) >= limit or not take_next(handle, &msg, &size, got):
                break
    finally:
        leave(handle)
        zmq_msg_close(&msg)
    return received


cdef object receive_many_lists(Handle handle, Py_ssize_t limit, int flags, Received *got):
    """The same with lists of parts; another thread may receive between two messages."""
    cdef zmq_msg_t msg
    cdef list received = []
    cdef list parts = []
    cdef Py_ssize_t size
    zmq_msg_init(&msg)
    size = receive_inside(handle, &msg, flags, got)
    if size == NOT_NOW:
        return _would_block
    try:
        while True:
            parts.append(message_bytes(&msg, size))
            while got.more and take_next(handle, &msg, &size, got):
                parts.append(message_bytes(&msg, size))
            received.append(parts)
            if PyList_GET_SIZE(received) >= limit:
                break
            # A new list, and all that may run then, only without the lock.
            leave(handle)
            parts = []
            ohmq_lock_acquire(&handle.lock)
            if handle.ptr == NULL or not take_next(handle, &msg, &size, got):
                break
    finally:
        leave(handle)
        zmq_msg_close(&msg)
    return received
