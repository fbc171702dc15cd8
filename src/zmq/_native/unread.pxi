# Parts that were received and put back (rule 4): a list before libzmq's own queue.
#
# Each part has the number that it had when it came: what is put back is received again in the order
# in which it came, not in that in which it was put back.

cdef int put_back_parts(Handle handle, zmq_msg_t *parts, int n, bint rest,
                        int64_t order=0) except -1:
    """Put parts of a message back: they are received again in the order they had.

    rest tells that more parts of the message follow the last of these, and order which that was;
    0 puts them before all others.
    """
    cdef UnreadPart **link = &handle.unread
    cdef UnreadPart *part
    cdef int i = n - 1
    while link[0] != NULL and link[0].order < order:
        link = &link[0].next
    while i >= 0:
        part = <UnreadPart *> malloc(sizeof(UnreadPart))
        if part == NULL:
            raise MemoryError
        zmq_msg_init(&part.msg)
        zmq_msg_move(&part.msg, &parts[i])
        part.more = rest or i < n - 1
        part.order = order - (n - 1 - i) if order > 0 else 0
        part.next = link[0]
        link[0] = part
        i -= 1
    return 0


cdef inline Py_ssize_t take(Handle handle, zmq_msg_t *msg) noexcept nogil:
    """Receive a part without waiting, one that was put back first. Its size, or -1."""
    cdef UnreadPart *part = handle.unread
    cdef int size
    if part == NULL:
        handle.unread_more = -1
        handle.newest += 1
        handle.order = handle.newest
        size = zmq_msg_recv(msg, handle.ptr, ZMQ_DONTWAIT)
        if size < 0 and handle.signaler != NULL and c_errno() == EAGAIN:
            ohmq_signaler_clear(handle.fd)
            size = zmq_msg_recv(msg, handle.ptr, ZMQ_DONTWAIT)
        # Of a larger part libzmq says just that.
        return size if size < INT_MAX else <Py_ssize_t> zmq_msg_size(msg)
    cdef bint follows = part.more
    handle.order = part.order
    handle.unread = part.next
    zmq_msg_move(msg, &part.msg)
    zmq_msg_close(&part.msg)
    free(part)
    handle.unread_more = follows
    return <Py_ssize_t> zmq_msg_size(msg)


cdef inline bint more_follows(Handle handle, zmq_msg_t *msg) noexcept nogil:
    """Whether the message of the part that take() has just given goes on."""
    return handle.unread_more if handle.unread_more >= 0 else zmq_msg_more(msg)


cdef inline int unread_events(Handle handle) noexcept:
    return ZMQ_POLLIN if handle.unread != NULL else 0


cdef void drop_unread(Handle handle) noexcept:
    cdef UnreadPart *part
    while handle.unread != NULL:
        part = handle.unread
        handle.unread = part.next
        zmq_msg_close(&part.msg)
        free(part)


# ---- putting back what receives have given to programs ------------------------------------------

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
