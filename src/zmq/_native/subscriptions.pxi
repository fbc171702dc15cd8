# The subscriptions of an XPUB, counted without receiving them for the program.
#
# What libzmq has is moved to the unread parts, where the program finds it next, and is looked at on
# the way. A part that came another way was not looked at: then the count would be wrong, and
# look_ahead raises.

cdef void note_xpub_option(Handle handle, int option, object value):
    """Note what libzmq does not tell again. Called with the lock."""
    cdef Extras extras = extras_of(handle)
    if option == ZMQ_XPUB_VERBOSE or option == ZMQ_XPUB_VERBOSER:
        extras.tells_each = bool(value)
    elif option == ZMQ_XPUB_MANUAL:
        extras.is_manual = bool(value)


def look_ahead(Socket socket not None, several: bool) -> dict:
    """The subscriptions that have come, as {topic: how many}.

    several: it matters how many there are to one topic.
    """
    cdef Handle handle = socket.handle
    cdef Extras extras
    enter(handle)
    try:
        extras = extras_of(handle)
        if handle.type != ZMQ_XPUB:
            untold = f"{describe(handle)} receives no subscriptions"
        elif extras.is_manual:
            untold = "with XPUB_MANUAL the program makes the subscriptions, and knows them"
        elif several and not extras.tells_each:
            untold = ("libzmq tells of the first subscription to a topic only: set XPUB_VERBOSER "
                      "to 1 before the first peer connects")
        elif handle.newest != extras.looked_at:
            untold = ("the program has received from this socket, and subscriptions may have been "
                      "among it: call this before the first receive, or count what is received")
        else:
            untold = None
            move_ahead(handle)
            found = dict(extras.counted)
    finally:
        leave(handle)
    if untold is not None:
        fail(ENOTSUP, untold)
    return found


cdef int move_ahead(Handle handle) except -1:
    """Move what libzmq has to the end of the unread parts. Called with the lock."""
    cdef UnreadPart **link = &handle.unread
    cdef UnreadPart *part
    cdef Extras extras = extras_of(handle)
    if extras.counted is None:
        extras.counted = {}
    while link[0] != NULL:
        link = &link[0].next
    while True:
        part = <UnreadPart *> malloc(sizeof(UnreadPart))
        if part == NULL:
            raise MemoryError
        zmq_msg_init(&part.msg)
        if zmq_msg_recv(&part.msg, handle.ptr, ZMQ_DONTWAIT) < 0:
            zmq_msg_close(&part.msg)
            free(part)
            return 0
        handle.newest += 1
        extras.looked_at = part.order = handle.newest
        part.more = zmq_msg_more(&part.msg)
        part.next = NULL
        link[0] = part
        link = &part.next
        count_subscription(handle, &part.msg)


cdef int count_subscription(Handle handle, zmq_msg_t *msg) except -1:
    """Count a part that begins with 1, a subscription, or with 0, the end of one."""
    cdef const char *data = <const char *> zmq_msg_data(msg)
    cdef size_t size = zmq_msg_size(msg)
    if size == 0 or data[0] > 1 or data[0] < 0:
        return 0
    cdef Extras extras = handle.extras
    topic = data[1:size]
    number = extras.counted.get(topic, 0) + (1 if data[0] == 1 else -1)
    if number > 0:
        extras.counted[topic] = number
    else:
        extras.counted.pop(topic, None)
    return 0
