# Receiving.


cdef inline void count_received(Handle handle, zmq_msg_t *msg, Py_ssize_t size,
                                Received *got) noexcept:
    """Count the part that take() has just given, and tell of it. Called with the lock."""
    got.more = more_follows(handle, msg)
    got.order = handle.order
    handle.counters.bytes_received += size
    if not got.more:
        handle.counters.messages_received += 1


cdef inline Py_ssize_t receive_inside(Handle handle, zmq_msg_t *msg, int flags,
                                      Received *got) except -1:
    """Receive one part, blocking as flags and RCVTIMEO allow. Its size; got tells more of it.

    Returns with the lock: the rest of the message must not go to another thread. Until the caller
    gives it back, nothing may be made that the garbage collector counts: a collection runs
    finalizers, and they may use the socket. When it raises or returns NOT_NOW, the lock has been
    given back.
    """
    cdef Py_ssize_t size
    enter(handle)
    size = take(handle, msg)
    if size < 0:
        size = receive_blocking(handle, msg, flags)
        if size == NOT_NOW:
            return NOT_NOW
    count_received(handle, msg, size, got)
    return size


cdef inline Py_ssize_t receive(Handle handle, zmq_msg_t *msg, int flags,
                               Received *got) except -1:
    """As receive_inside, for a part by itself: gives the lock back."""
    cdef Py_ssize_t size = receive_inside(handle, msg, flags, got)
    if size != NOT_NOW:
        leave(handle)
    return size


cdef Py_ssize_t receive_blocking(Handle handle, zmq_msg_t *msg, int flags) except -1:
    """Go on after a first try has failed. Called with the lock; gives it back when it fails."""
    cdef Blocked blocked
    cdef Py_ssize_t size = -1
    if monitor_read_by(handle) and c_errno() == EAGAIN:
        pump_monitor(&handle.extras.reads)
        size = take(handle, msg)
        if size >= 0:
            return size
    if flags & (TRYING | ZMQ_DONTWAIT) and c_errno() == EAGAIN:
        return receive_not_now(handle, msg, flags)
    memset(&blocked, 0, sizeof(blocked))
    blocked.msg = msg
    try:
        while size < 0:
            if c_errno() != EAGAIN:
                fail_inside(handle, c_errno(), failure_of(handle, "recv"))
            if not block(handle, &blocked, ZMQ_POLLIN, ZMQ_RCVTIMEO):
                fail_inside(handle, EAGAIN,
                            failed_wait(handle, False, timeout_of(handle, ZMQ_RCVTIMEO)))
            size = <Py_ssize_t> zmq_msg_size(msg) if blocked.ahead else take(handle, msg)
    except BaseException:
        block_end(handle, &blocked)
        leave(handle)
        raise
    block_end(handle, &blocked)
    return size


cdef Py_ssize_t receive_not_now(Handle handle, zmq_msg_t *msg, int flags) except -1:
    """End a receive that does not wait. Called with the lock; gives it back when it fails.

    If others are told by a look at EVENTS, that may take the signal of a message which has just
    come. The caller may go and wait for that signal, so the message is received instead.
    """
    cdef EventsRead look
    cdef Failure failure = None
    cdef Py_ssize_t size
    look.done = False
    tell(handle, USED, &look)
    if look.done and look.error == 0 and look.events & ZMQ_POLLIN:
        size = take(handle, msg)
        if size >= 0:
            return size
    if not flags & TRYING:
        handle.counters.would_block += 1
        failure = failed_wait(handle, False, -1)
    ohmq_lock_release(&handle.lock)
    if flags & TRYING:
        return NOT_NOW
    fail(EAGAIN, failure)


cdef inline bint take_next(Handle handle, zmq_msg_t *msg, Py_ssize_t *size,
                           Received *got) noexcept:
    """Receive a part that is there already; False for none, or an error the next call will see."""
    size[0] = take(handle, msg)
    if size[0] < 0:
        return False
    count_received(handle, msg, size[0], got)
    return True


# Each of these tells of the last part that it has received.

cdef object receive_bytes(Handle handle, int flags, Received *got):
    cdef zmq_msg_t msg
    cdef Py_ssize_t size
    zmq_msg_init(&msg)
    size = receive(handle, &msg, flags, got)
    if size == NOT_NOW:
        return _would_block
    try:
        return message_bytes(&msg, size)
    except MemoryError:
        put_back_part(handle, &msg, got.more)
        raise
    finally:
        zmq_msg_close(&msg)


cdef int put_back_part(Handle handle, zmq_msg_t *msg, bint more) except -1:
    """Give a part back that could not be delivered: it is the next to be received (rule 4)."""
    enter(handle)
    try:
        put_back_parts(handle, msg, 1, more)
    finally:
        leave(handle)
    return 0


cdef object receive_frame(Handle handle, int flags, bint track, Received *got):
    cdef Frame frame = new_frame()
    if receive(handle, &frame.msg, flags, got) == NOT_NOW:
        return _would_block
    frame.more = got.more
    if track:
        frame.tracked_by = _finished_tracker
    return frame


cdef object receive_into(Handle handle, object buffer, Py_ssize_t nbytes, int flags,
                         Received *got, Frame kept=None):
    """Receive one part into a writable buffer; the size of the part, which may be larger.

    The part itself stays in a frame, if there is one.
    """
    cdef zmq_msg_t own
    cdef zmq_msg_t *msg = &own if kept is None else &kept.msg
    cdef Py_buffer view
    cdef Py_ssize_t room, size
    cdef char *source
    need_open(handle)
    PyObject_GetBuffer(buffer, &view, PyBUF_ANY_CONTIGUOUS | PyBUF_WRITABLE)
    try:
        if nbytes < 0 or nbytes > view.len:
            raise ValueError(f"nbytes={nbytes} does not fit a buffer of {view.len} bytes")
        room = nbytes if nbytes else view.len
        if kept is None:
            zmq_msg_init(msg)
        size = receive(handle, msg, flags, got)
        if size == NOT_NOW:
            return _would_block
        room = min(room, size)
        source = <char *> zmq_msg_data(msg)
        if room < LARGE:
            memcpy(view.buf, source, room)
        else:
            with nogil:
                memcpy(view.buf, source, room)
        if kept is None:
            zmq_msg_close(msg)
        else:
            kept.more = got.more
        return size
    finally:
        PyBuffer_Release(&view)


cdef object receive_list(Handle handle, int flags, bint copy, bint track, Received *got):
    """All parts of one message, or the rest of it where some have been received before."""
    if not copy:
        return receive_frames(handle, flags, track, got)
    cdef zmq_msg_t msg
    cdef Py_ssize_t size
    cdef list parts = []
    zmq_msg_init(&msg)
    size = receive_inside(handle, &msg, flags, got)
    if size == NOT_NOW:
        return _would_block
    try:
        parts.append(message_bytes(&msg, size))
        # The parts of a message come all at once: nothing here waits.
        while got.more and take_next(handle, &msg, &size, got):
            parts.append(message_bytes(&msg, size))
    finally:
        leave(handle)
        zmq_msg_close(&msg)
    return parts


cdef object receive_frames(Handle handle, int flags, bint track, Received *got):
    cdef zmq_msg_t few[FEW]
    cdef zmq_msg_t *messages = few
    cdef zmq_msg_t *larger
    cdef Py_ssize_t room = FEW
    cdef Py_ssize_t n = 0
    cdef Py_ssize_t i
    cdef Py_ssize_t size
    cdef Frame frame
    cdef list parts = []
    zmq_msg_init(&few[0])
    if receive_inside(handle, &few[0], flags, got) == NOT_NOW:
        return _would_block
    n = 1
    try:
        try:
            while got.more:
                if n == room:
                    larger = <zmq_msg_t *> malloc(2 * room * sizeof(zmq_msg_t))
                    if larger == NULL:
                        raise MemoryError
                    memcpy(larger, messages, room * sizeof(zmq_msg_t))
                    if messages != few:
                        free(messages)
                    messages = larger
                    room *= 2
                zmq_msg_init(&messages[n])
                if not take_next(handle, &messages[n], &size, got):
                    break
                n += 1
        finally:
            leave(handle)
        for i in range(n):
            frame = new_frame()
            zmq_msg_move(&frame.msg, &messages[i])
            frame.more = got.more or i < n - 1
            frame.tracked_by = _finished_tracker if track else None
            parts.append(frame)
    finally:
        drop_parts(messages, n, few)
    return parts
