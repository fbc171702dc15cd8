# Outlets of monitors: where the events of a socket go. Called with the lock of the monitors.
#
# What an outlet cannot take is held, HELD events at most: then the oldest is dropped, and counted.
#
#     open       it takes events
#     ending     it has its last event, and waits until it is read
#     over       its socket is closed; the thread takes it off its monitor
#
# An outlet is over at once when its reader is closed.

cdef enum:
    HELD = 1000                # events that are held at most
    OUTLET_HWM = 1000          # events that wait in the outlet at most, beside those of its reader
    UNREAD_LIMIT_NS = 10000000000  # an ending outlet waits so long for a reader that reads nothing
    CHANGED = 0x10000          # for streams alone: peers over inproc may have come or gone


cdef Outlet *new_outlet(Monitor *monitor, int type) noexcept:
    """An outlet whose socket goes nowhere yet; NULL with an errno."""
    global _monitor_number
    cdef int none = 0
    cdef int limit = OUTLET_HWM
    cdef Outlet *outlet = <Outlet *> malloc(sizeof(Outlet))
    if outlet == NULL:
        errno = ENOMEM
        return NULL
    memset(outlet, 0, sizeof(Outlet))
    _monitor_number += 1
    outlet.number = _monitor_number
    outlet.socket = zmq_socket(monitor.context, type)
    if outlet.socket == NULL:
        free(outlet)
        return NULL
    outlet.fd = descriptor_of(outlet.socket)
    zmq_setsockopt(outlet.socket, ZMQ_LINGER, &none, sizeof(none))
    zmq_setsockopt(outlet.socket, ZMQ_SNDHWM, &limit, sizeof(limit))
    outlet.next = monitor.outlets
    monitor.outlets = outlet
    return outlet


cdef Outlet *open_outlet(Monitor *monitor, const char *address) noexcept:
    """The outlet that a reader of the program connects to; NULL with an errno."""
    cdef size_t size = strlen(address) + 1
    cdef Outlet *outlet = new_outlet(monitor, ZMQ_PAIR)
    cdef int error
    if outlet == NULL:
        return NULL
    outlet.address = <char *> malloc(size)
    error = ENOMEM if outlet.address == NULL else 0
    if error == 0:
        memcpy(outlet.address, address, size)
        error = c_errno() if zmq_bind(outlet.socket, address) < 0 else 0
    if error:
        close_outlet(monitor, outlet)
        errno = error
        return NULL
    return outlet


cdef Outlet *open_stream_outlet(Monitor *monitor, const char *address) noexcept:
    """An outlet that goes to a stream, whose PULL is bound at the address; NULL with an errno."""
    cdef Outlet *outlet = new_outlet(monitor, ZMQ_PUSH)
    cdef int error
    if outlet == NULL:
        return NULL
    outlet.is_stream = True
    if zmq_connect(outlet.socket, address) < 0:
        error = c_errno()
        close_outlet(monitor, outlet)
        errno = error
        return NULL
    return outlet


cdef Monitor *find_monitor(int64_t number) noexcept nogil:
    """A monitor, by its own number or that of one of its outlets; NULL if it is over."""
    cdef Monitor *monitor = _monitors
    while (monitor != NULL and monitor.number != number
           and find_outlet(monitor, number) == NULL):
        monitor = monitor.next
    return monitor


cdef Outlet *find_outlet(Monitor *monitor, int64_t number) noexcept nogil:
    cdef Outlet *outlet = monitor.outlets
    while outlet != NULL and outlet.number != number:
        outlet = outlet.next
    return outlet


# ---- from the tap to the outlets ----------------------------------------------------------------

cdef bint pump(Monitor *monitor) noexcept nogil:
    """Hand on what has come, as far as it goes; True if more may be there already."""
    cdef int n = 0
    cdef Outlet *outlet
    while monitor.tap != NULL and n < PUMP and take_event(monitor):
        n += 1
    outlet = monitor.outlets
    while outlet != NULL:
        hand_on(monitor, outlet)
        outlet = outlet.next
    return n == PUMP


cdef bint take_event(Monitor *monitor) noexcept nogil:
    """Take an event from the tap; False if there is none, or none will come any more."""
    cdef uint16_t number = 0
    cdef uint32_t value = 0
    cdef char *head
    cdef Outlet *outlet
    cdef Event event
    zmq_msg_init(&event.head)
    zmq_msg_init(&event.endpoint)
    if (zmq_msg_recv(&event.head, monitor.tap, ZMQ_DONTWAIT) < 0
            or zmq_msg_recv(&event.endpoint, monitor.tap, ZMQ_DONTWAIT) < 0):
        if c_errno() != EAGAIN:
            close_monitor(monitor)  # the context is being terminated
        drop_event(&event)
        return False
    if zmq_msg_size(&event.head) >= sizeof(number) + sizeof(value):
        head = <char *> zmq_msg_data(&event.head)
        memcpy(&number, head, sizeof(number))
        memcpy(&value, head + sizeof(number), sizeof(value))
    monitor.events_taken += 1
    count_event(monitor, number, value)
    follow_connection(monitor, number, value, &event.endpoint)
    outlet = monitor.outlets
    while outlet != NULL:
        hold_event(monitor, outlet, number, &event)
        outlet = outlet.next
    drop_event(&event)
    if number == ZMQ_EVENT_MONITOR_STOPPED:
        zmq_close(monitor.tap)
        monitor.tap = NULL
        outlet = monitor.outlets
        while outlet != NULL:
            begin_end(outlet)
            outlet = outlet.next
        forget_connections(monitor)
    return number != ZMQ_EVENT_MONITOR_STOPPED


cdef void count_event(Monitor *monitor, uint16_t number, uint32_t value) noexcept nogil:
    """Count what the texts of errors tell."""
    if number & (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED):
        monitor.connections += 1
    elif number & ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        monitor.handshakes += 1
    elif number & ZMQ_EVENT_DISCONNECTED:
        monitor.disconnections += 1
    elif number & FAILURES:
        monitor.failed_handshakes += 1
        monitor.last_failed, monitor.last_reason = number, value
    elif number == ZMQ_EVENT_BIND_FAILED:
        monitor.bind_error = value


cdef void hold_event(Monitor *monitor, Outlet *outlet, int number, Event *event) noexcept nogil:
    """Hold a copy of an event for an outlet, if it is for its reader."""
    cdef Event *copied
    if (outlet.socket == NULL or outlet.ending or not (
            outlet.events & number or outlet.is_stream and number == ZMQ_EVENT_MONITOR_STOPPED)):
        return
    copied = <Event *> malloc(sizeof(Event))
    if copied == NULL:
        monitor.events_dropped += 1
        return
    zmq_msg_init(&copied.head)
    zmq_msg_init(&copied.endpoint)
    zmq_msg_copy(&copied.head, &event.head)
    zmq_msg_copy(&copied.endpoint, &event.endpoint)
    copied.next = NULL
    if outlet.newest == NULL:
        outlet.oldest = copied
    else:
        outlet.newest.next = copied
    outlet.newest = copied
    outlet.n_held += 1
    if outlet.n_held > HELD:
        drop_held(outlet)
        monitor.events_dropped += 1


cdef void hold_own_event(Monitor *monitor, Outlet *outlet, int number) noexcept nogil:
    """Hold an event that libzmq has not sent, in the shape of those that it sends."""
    cdef uint16_t short_number = number & 0xFFFF
    cdef Event event
    if zmq_msg_init_size(&event.head, sizeof(uint16_t) + sizeof(uint32_t)) < 0:
        return
    zmq_msg_init(&event.endpoint)
    memset(zmq_msg_data(&event.head), 0, zmq_msg_size(&event.head))
    memcpy(zmq_msg_data(&event.head), &short_number, sizeof(short_number))
    hold_event(monitor, outlet, number, &event)
    drop_event(&event)


cdef void drop_event(Event *event) noexcept nogil:
    zmq_msg_close(&event.head)
    zmq_msg_close(&event.endpoint)


cdef void drop_held(Outlet *outlet) noexcept nogil:
    """Let the oldest of the events go that an outlet holds."""
    cdef Event *event = outlet.oldest
    outlet.oldest = event.next
    if outlet.oldest == NULL:
        outlet.newest = NULL
    outlet.n_held -= 1
    drop_event(event)
    free(event)


cdef void hand_on(Monitor *monitor, Outlet *outlet) noexcept nogil:
    """Send what is held, as far as the outlet takes it; close an outlet that ends."""
    cdef int events = 0
    cdef int64_t handed = outlet.handed
    if outlet.socket == NULL:
        return
    # Empties the mailbox, without which the descriptor would stay readable.
    if read_events(outlet.socket, &events) < 0:
        close_outlet(monitor, outlet)
        return
    while outlet.oldest != NULL and (not outlet.is_stream or send_token(outlet)) and zmq_msg_send(
            &outlet.oldest.head, outlet.socket, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0:
        # The rest of a message is refused only if its reader has gone meanwhile.
        zmq_msg_send(&outlet.oldest.endpoint, outlet.socket, ZMQ_DONTWAIT)
        drop_held(outlet)
        outlet.handed += 1
    if outlet.ending:
        end_outlet(monitor, outlet, outlet.handed > handed)


cdef bint send_token(Outlet *outlet) noexcept nogil:
    """Send the first part of an event of a stream, which may read several sockets."""
    cdef zmq_msg_t part
    if zmq_msg_init_size(&part, sizeof(outlet.token)) < 0:
        return False
    memcpy(zmq_msg_data(&part), &outlet.token, sizeof(outlet.token))
    if zmq_msg_send(&part, outlet.socket, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0:
        return True
    zmq_msg_close(&part)
    return False


# ---- ends ---------------------------------------------------------------------------------------

cdef void end_program_outlet(Monitor *monitor) noexcept:
    """End what monitor() has started, of a monitor that goes on."""
    cdef Outlet *outlet = find_outlet(monitor, monitor.program)
    monitor.program = 0
    if outlet != NULL:
        tell_end(monitor, outlet)


cdef void end_stream_outlets(Monitor *monitor) noexcept:
    cdef Outlet *outlet = monitor.outlets
    while outlet != NULL:
        if outlet.is_stream:
            tell_end(monitor, outlet)
        outlet = outlet.next


cdef void tell_end(Monitor *monitor, Outlet *outlet) noexcept:
    """End an outlet with MONITOR_STOPPED, which libzmq has not sent."""
    if not outlet.ending:
        hold_own_event(monitor, outlet, ZMQ_EVENT_MONITOR_STOPPED)
        begin_end(outlet)
        hand_on(monitor, outlet)


cdef void begin_end(Outlet *outlet) noexcept nogil:
    """Have an outlet end with what it holds."""
    if outlet.ending:
        return
    outlet.ending = True
    if outlet.socket != NULL and outlet.address != NULL:
        zmq_unbind(outlet.socket, outlet.address)  # another monitor may have it at once


cdef void end_outlet(Monitor *monitor, Outlet *outlet, bint progress) noexcept nogil:
    """Close an ending outlet, unless a reader has still to take what is held."""
    cdef int64_t now = ohmq_now()
    if outlet.end_at == 0 or progress:
        outlet.end_at = now + UNREAD_LIMIT_NS
    # An outlet that has not taken its high-water mark and takes no more has no reader at all.
    if outlet.oldest == NULL or outlet.handed < OUTLET_HWM or now >= outlet.end_at:
        close_outlet(monitor, outlet)


cdef void close_outlet(Monitor *monitor, Outlet *outlet) noexcept nogil:
    while outlet.oldest != NULL:
        drop_held(outlet)
        monitor.events_dropped += 1
    outlet.end_at = 0
    if outlet.socket != NULL:
        zmq_close(outlet.socket)
        outlet.socket = NULL


cdef void drop_closed_outlets(Monitor *monitor) noexcept nogil:
    cdef Outlet **link = &monitor.outlets
    cdef Outlet *outlet
    while link[0] != NULL:
        outlet = link[0]
        if outlet.socket == NULL:
            link[0] = outlet.next
            free(outlet.address)
            free(outlet)
        else:
            link = &outlet.next


cdef void close_monitor(Monitor *monitor) noexcept nogil:
    cdef Outlet *outlet = monitor.outlets
    while outlet != NULL:
        close_outlet(monitor, outlet)
        outlet = outlet.next
    if monitor.tap != NULL:
        zmq_close(monitor.tap)
        monitor.tap = NULL


cdef void free_monitor(Monitor *monitor) noexcept nogil:
    """Free a monitor all of whose sockets are closed."""
    drop_closed_outlets(monitor)
    forget_connections(monitor)
    free(monitor.table)
    free(monitor)
