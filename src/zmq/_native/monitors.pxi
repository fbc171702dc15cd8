# Monitors: the connection events of a socket (zmq_socket_monitor(3)), which hold nothing up here.
#
# libzmq's own threads send events, with a send that blocks: a monitor without a reader, or with a
# slow one, would stop the traffic of the whole context, and the end of the socket as well. So
# libzmq's PAIR has a reader of ours, the tap, whose queue has no limit, and a thread hands the
# events on to a PAIR of ours at the address that the program knows, the outlet:
#
#     PAIR of libzmq --> tap --> held --> outlet --> PAIR of the program
#
# What the outlet cannot take is held, HELD events at most: then the oldest is dropped, and counted.
#
#     runs       tap and outlet are open
#     dropped    the reader of get_monitor_socket is closed: events are thrown away; tap only
#     ending     MONITOR_STOPPED was read, the last event: outlet only, until what is held is read
#     over       both are closed; the thread takes the monitor off the list
#
# The list, and all sockets of it, are used under one lock, inside the lock of any handle. Calls
# that may have caused events, and readers that find none, pump as well: what libzmq has said by
# then is there, as if there were no thread between.

cdef enum:
    HELD = 1000                # events that are held at most
    OUTLET_HWM = 1000          # events that wait in the outlet at most, beside those of its reader
    PUMP = 100                 # events that are taken before they are handed on
    UNREAD_LIMIT_NS = 10000000000  # an ending monitor waits so long for a reader that reads nothing


cdef Monitor *_monitors = NULL
cdef int64_t _monitor_number = 0
cdef int _monitor_count = 0
cdef ohmq_lock _monitors_lock
cdef ohmq_waker _monitors_waker
cdef bint _monitors_thread = False
_monitors_waker.read_fd = _monitors_waker.write_fd = -1
cdef int _monitors_generation = 0


# ---- what sockets call, with the GIL ------------------------------------------------------------

cdef int monitor_call(Handle handle, object addr, int events) except -1:
    """Start a monitor at an address, or stop the one that runs."""
    cdef bytes address = None if addr is None else as_address(addr)
    cdef int error
    enter(handle)
    if address is None:
        error = stop_monitor(handle)
    elif handle.context is None or events >> 16 or not address.startswith(b"inproc://"):
        # A socket of another library's context; or libzmq knows best what is wrong.
        error = c_errno() if zmq_socket_monitor(handle.ptr, address, events) < 0 else 0
    else:
        error = stop_monitor(handle)
        if error == 0:
            error = start_monitor(handle, address, events)
    leave(handle)
    if error:
        fail(error, unlocked_failure_of(handle, "monitor", {"address": addr, "events": events}))
    return 0


cdef int start_monitor(Handle handle, bytes address, int events) except -1:
    """0, or an errno. Called with the lock."""
    global _monitors, _monitor_number, _monitor_count
    cdef char inner[64]
    cdef Monitor *monitor = <Monitor *> malloc(sizeof(Monitor))
    cdef Extras extras = extras_of(handle)
    cdef int error = 0
    if monitor == NULL:
        return ENOMEM
    memset(monitor, 0, sizeof(Monitor))
    lock_monitors()
    _monitor_number += 1
    snprintf(inner, sizeof(inner), "inproc://ohmq-monitor-%lld", <long long> _monitor_number)
    monitor.number = _monitor_number
    monitor.context = handle.context.ptr
    monitor.asked = events
    monitor.tells_end = events & ZMQ_EVENT_MONITOR_STOPPED != 0
    # A thread of libzmq that has something to say waits from the first call to the second.
    if (not start_pumping() or open_monitor(monitor, address) < 0
            or zmq_socket_monitor(handle.ptr, inner, events | ZMQ_EVENT_MONITOR_STOPPED) < 0
            or zmq_connect(monitor.tap, inner) < 0):
        error = c_errno()
        close_monitor(monitor)
        free_monitor(monitor)
    else:
        monitor.next = _monitors
        _monitors = monitor
        _monitor_count += 1
        extras.monitor = monitor.number
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)
    return error


cdef int open_monitor(Monitor *monitor, const char *address) noexcept:
    """Open both sockets, and the address of the program. 0, or -1 with an errno."""
    cdef int none = 0
    cdef int limit = OUTLET_HWM
    cdef size_t size = strlen(address) + 1
    monitor.address = <char *> malloc(size)
    if monitor.address == NULL:
        return -1
    memcpy(monitor.address, address, size)
    monitor.outlet = zmq_socket(monitor.context, ZMQ_PAIR)
    if monitor.outlet == NULL:
        return -1
    monitor.outlet_fd = descriptor_of(monitor.outlet)
    zmq_setsockopt(monitor.outlet, ZMQ_LINGER, &none, sizeof(none))
    zmq_setsockopt(monitor.outlet, ZMQ_SNDHWM, &limit, sizeof(limit))
    if zmq_bind(monitor.outlet, address) < 0:
        return -1
    monitor.tap = zmq_socket(monitor.context, ZMQ_PAIR)
    if monitor.tap == NULL:
        return -1
    monitor.tap_fd = descriptor_of(monitor.tap)
    zmq_setsockopt(monitor.tap, ZMQ_LINGER, &none, sizeof(none))
    zmq_setsockopt(monitor.tap, ZMQ_RCVHWM, &none, sizeof(none))
    return 0


cdef int stop_monitor(Handle handle) noexcept:
    """Stop the monitor, if one runs. 0, or an errno. Called with the lock.

    Does not block: the tap takes MONITOR_STOPPED, which libzmq sends now.
    """
    cdef Monitor *monitor
    cdef Extras extras = handle.extras
    if zmq_socket_monitor(handle.ptr, NULL, 0) < 0:
        return c_errno()
    if extras is not None and extras.monitor:
        lock_monitors()
        monitor = find_monitor(extras.monitor)
        while monitor != NULL and monitor.tap != NULL and pump(monitor):
            pass
        if monitor != NULL:
            extras.events_dropped += monitor.events_dropped
        extras.monitor = 0
        ohmq_waker_wake(&_monitors_waker)
        ohmq_lock_release(&_monitors_lock)
    return 0


cdef void pump_monitor(int64_t *number) noexcept:
    """Hand on what libzmq has said so far, without waiting for the thread to do so.

    The number becomes 0 where that monitor is over.
    """
    cdef Monitor *monitor
    lock_monitors()
    monitor = find_monitor(number[0])
    if monitor == NULL:
        number[0] = 0
    elif pump(monitor) or monitor.tap == NULL:
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)


cdef void pump_now() noexcept nogil:
    """Hand on all that libzmq has said so far, for a loop that runs without the GIL."""
    cdef Monitor *monitor
    if _monitors == NULL:
        return
    while not ohmq_lock_try(&_monitors_lock):
        ohmq_yield()
    monitor = _monitors
    while monitor != NULL:
        pump(monitor)
        monitor = monitor.next
    ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)


cdef inline int64_t monitor_of(Handle handle) noexcept:
    """The number of the monitor that tells of a socket, or 0."""
    return handle.extras.monitor if handle.extras is not None else 0


cdef inline int64_t monitor_read_by(Handle handle) noexcept:
    """The number of the monitor that a socket reads, or 0."""
    return handle.extras.reads if handle.extras is not None else 0


cdef int64_t events_dropped_by(int64_t number) noexcept:
    cdef Monitor *monitor
    cdef int64_t dropped = 0
    lock_monitors()
    monitor = find_monitor(number)
    if monitor != NULL:
        dropped = monitor.events_dropped
    ohmq_lock_release(&_monitors_lock)
    return dropped


cdef int note_handshakes(int64_t number, dict more) except -1:
    """Add what a monitor has told of connections and handshakes, where the program asks for it."""
    cdef int needed = (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED
                       | ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
    cdef Monitor *monitor
    cdef Monitor found
    memset(&found, 0, sizeof(found))
    lock_monitors()
    monitor = find_monitor(number)
    if monitor != NULL:
        pump(monitor)
        found = monitor[0]
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)
    if found.failed_handshakes:
        more["failed_handshakes"] = (found.failed_handshakes, found.last_failed, found.last_reason)
    elif found.asked & needed == needed:
        more["connections"] = (found.connections, found.handshakes, found.disconnections)
    return 0


cdef int64_t monitor_at(ContextHandle context, const char *address) noexcept:
    """The number of the monitor that a program reads at an address; 0 if there is none."""
    cdef Monitor *monitor
    cdef int64_t number = 0
    if _monitors == NULL or context is None:
        return 0
    lock_monitors()
    monitor = _monitors
    while monitor != NULL and number == 0:
        if (monitor.outlet != NULL and monitor.context == context.ptr
                and strcmp(monitor.address, address) == 0):
            number = monitor.number
        monitor = monitor.next
    ohmq_lock_release(&_monitors_lock)
    return number


cdef void drop_reader(int64_t number) noexcept:
    """The only reader there can be is closed: nothing is kept for it any more."""
    cdef Monitor *monitor
    lock_monitors()
    monitor = find_monitor(number)
    if monitor != NULL:
        close_outlet(monitor)
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)


cdef int end_monitor_of(Handle reader) except -1:
    """Stop a monitor whose reader has been closed. Called without a lock."""
    cdef Handle handle
    cdef int64_t number = reader.extras.ends
    reader.extras.ends = 0
    drop_reader(number)
    for handle in open_handles():
        if monitor_of(handle) == number:
            ohmq_lock_acquire(&handle.lock)
            # A socket that a device has is left alone: its events are thrown away.
            if handle.ptr != NULL and monitor_of(handle) == number:
                stop_monitor(handle)
            ohmq_lock_release(&handle.lock)
    return 0


cdef inline void lock_monitors() noexcept:
    global _monitors, _monitor_count, _monitors_thread, _monitors_generation
    if _monitors_generation != ohmq_generation:
        # After a fork: the sockets, the thread and the descriptors are the
        # parent's, and the lock may be held by a thread that the child has not.
        memset(&_monitors_lock, 0, sizeof(_monitors_lock))
        _monitors = NULL
        _monitor_count = 0
        _monitors_thread = False
        _monitors_waker.read_fd = _monitors_waker.write_fd = -1
        _monitors_generation = ohmq_generation
    ohmq_lock_acquire(&_monitors_lock)


cdef bint start_pumping() noexcept:
    """Start the thread, unless it runs. False with an errno. Called with the lock of the list."""
    global _monitors_thread
    if _monitors_waker.read_fd < 0 and ohmq_waker_open(&_monitors_waker) < 0:
        return False
    if not _monitors_thread:
        # Not by _thread: gevent and eventlet may have made that start greenlets.
        if PyThread_start_new_thread(pump_monitors, NULL) == -1:
            errno = ENOMEM
            return False
        _monitors_thread = True
    return True


# ---- the thread, without the GIL ----------------------------------------------------------------

cdef void pump_monitors(void *argument) noexcept nogil:
    """Body of the thread: hands events on for as long as there are monitors."""
    cdef ohmq_interest *interests = NULL
    cdef int64_t wake_at
    cdef int room = 0
    cdef int n
    ohmq_block_signals()
    while True:
        while not ohmq_lock_try(&_monitors_lock):
            ohmq_yield()
        wake_at = pump_all()
        if _monitors == NULL:
            break
        if room < 1 + 2 * _monitor_count:
            free(interests)
            room = 2 * (1 + 2 * _monitor_count)
            interests = <ohmq_interest *> malloc(room * sizeof(ohmq_interest))
            if interests == NULL:
                room = 0
        n = list_interests(interests) if room else 0
        ohmq_lock_release(&_monitors_lock)
        if n == 0:
            ohmq_wait(NULL, 0, ohmq_now() + RETRY_NS)  # no memory: a moment later there may be
        elif wake_at != 0:
            ohmq_wait(interests, n, wake_at)
        ohmq_waker_clear(&_monitors_waker)
    end_of_pumping()
    free(interests)


cdef void end_of_pumping() noexcept nogil:
    global _monitors_thread
    _monitors_thread = False
    ohmq_lock_release(&_monitors_lock)


cdef int64_t pump_all() noexcept nogil:
    """Pump every monitor, and take those off the list that are over.

    Returns when to do so again though nothing signals: -1 for never, 0 for at once.
    """
    global _monitors, _monitor_count
    cdef Monitor **link = &_monitors
    cdef Monitor *monitor
    cdef int64_t wake_at = -1
    while link[0] != NULL:
        monitor = link[0]
        if pump(monitor):
            wake_at = 0
        elif monitor.end_at and (wake_at < 0 or monitor.end_at < wake_at):
            wake_at = monitor.end_at
        if monitor.tap == NULL and monitor.outlet == NULL:
            link[0] = monitor.next
            _monitor_count -= 1
            free_monitor(monitor)
        else:
            link = &monitor.next
    return wake_at


cdef int list_interests(ohmq_interest *interests) noexcept nogil:
    """List what the thread sleeps on: the waker, and the descriptors of all sockets."""
    cdef Monitor *monitor = _monitors
    cdef int n = 1
    interests[0].fd = _monitors_waker.read_fd
    while monitor != NULL:
        if monitor.tap != NULL:
            interests[n].fd = monitor.tap_fd
            n += 1
        if monitor.outlet != NULL:
            interests[n].fd = monitor.outlet_fd
            n += 1
        monitor = monitor.next
    for i in range(n):
        interests[i].events = ZMQ_POLLIN
    return n


# ---- one monitor; called with the lock of the list ----------------------------------------------

cdef Monitor *find_monitor(int64_t number) noexcept nogil:
    cdef Monitor *monitor = _monitors
    while monitor != NULL and monitor.number != number:
        monitor = monitor.next
    return monitor


cdef bint pump(Monitor *monitor) noexcept nogil:
    """Hand on what has come, as far as it goes; True if more may be there already."""
    cdef int n = 0
    while monitor.tap != NULL and n < PUMP and take_event(monitor):
        n += 1
    hand_on(monitor)
    return n == PUMP


cdef bint take_event(Monitor *monitor) noexcept nogil:
    """Take an event from the tap; False if there is none, or none will come any more."""
    cdef uint16_t number = 0
    cdef bint last
    cdef Event *event = <Event *> malloc(sizeof(Event))
    if event == NULL:
        return False
    zmq_msg_init(&event.head)
    zmq_msg_init(&event.endpoint)
    if (zmq_msg_recv(&event.head, monitor.tap, ZMQ_DONTWAIT) < 0
            or zmq_msg_recv(&event.endpoint, monitor.tap, ZMQ_DONTWAIT) < 0):
        if c_errno() != EAGAIN:
            close_monitor(monitor)  # the context is being terminated
        drop_event(event)
        return False
    if zmq_msg_size(&event.head) >= sizeof(number):
        memcpy(&number, zmq_msg_data(&event.head), sizeof(number))
    last = number == ZMQ_EVENT_MONITOR_STOPPED
    count_event(monitor, number, &event.head)
    if monitor.outlet == NULL or last and not monitor.tells_end:
        drop_event(event)
    else:
        hold_event(monitor, event)
    if last:
        zmq_close(monitor.tap)
        monitor.tap = NULL
        if monitor.outlet != NULL:
            zmq_unbind(monitor.outlet, monitor.address)  # another monitor may have it at once
    return not last


cdef void count_event(Monitor *monitor, uint16_t number, zmq_msg_t *head) noexcept nogil:
    """Follow the connections, for the texts of time-outs."""
    if number & (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED):
        monitor.connections += 1
    elif number & ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        monitor.handshakes += 1
    elif number & ZMQ_EVENT_DISCONNECTED:
        monitor.disconnections += 1
    elif number & (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
                   | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH):
        monitor.failed_handshakes += 1
        monitor.last_failed = number
        # An errno, a reason, or a code of ZAP.
        if zmq_msg_size(head) >= sizeof(number) + sizeof(monitor.last_reason):
            memcpy(&monitor.last_reason, <char *> zmq_msg_data(head) + sizeof(number),
                   sizeof(monitor.last_reason))


cdef void hold_event(Monitor *monitor, Event *event) noexcept nogil:
    event.next = NULL
    if monitor.newest == NULL:
        monitor.oldest = event
    else:
        monitor.newest.next = event
    monitor.newest = event
    monitor.n_held += 1
    if monitor.n_held > HELD:
        drop_event(release_oldest(monitor))
        monitor.events_dropped += 1


cdef Event *release_oldest(Monitor *monitor) noexcept nogil:
    cdef Event *event = monitor.oldest
    monitor.oldest = event.next
    if monitor.oldest == NULL:
        monitor.newest = NULL
    monitor.n_held -= 1
    return event


cdef void drop_event(Event *event) noexcept nogil:
    zmq_msg_close(&event.head)
    zmq_msg_close(&event.endpoint)
    free(event)


cdef void hand_on(Monitor *monitor) noexcept nogil:
    """Send what is held, as far as the outlet takes it; close the outlet of an ending monitor."""
    cdef int events = 0
    cdef int64_t handed = monitor.handed
    if monitor.outlet == NULL:
        return
    # Empties the mailbox, without which the descriptor would stay readable.
    if read_events(monitor.outlet, &events) < 0:
        close_monitor(monitor)
        return
    while monitor.oldest != NULL and zmq_msg_send(
            &monitor.oldest.head, monitor.outlet, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0:
        # The rest of a message is refused only if its reader has gone meanwhile.
        zmq_msg_send(&monitor.oldest.endpoint, monitor.outlet, ZMQ_DONTWAIT)
        drop_event(release_oldest(monitor))
        monitor.handed += 1
    if monitor.tap == NULL:
        end_outlet(monitor, monitor.handed > handed)


cdef void end_outlet(Monitor *monitor, bint progress) noexcept nogil:
    """Close the outlet of an ending monitor, unless a reader has still to take what is held."""
    cdef int64_t now = ohmq_now()
    if monitor.end_at == 0 or progress:
        monitor.end_at = now + UNREAD_LIMIT_NS
    # An outlet that has not taken its high-water mark and takes no more has no reader at all.
    if monitor.oldest == NULL or monitor.handed < OUTLET_HWM or now >= monitor.end_at:
        close_outlet(monitor)


cdef void close_outlet(Monitor *monitor) noexcept nogil:
    while monitor.oldest != NULL:
        drop_event(release_oldest(monitor))
        monitor.events_dropped += 1
    if monitor.outlet != NULL:
        zmq_close(monitor.outlet)
        monitor.outlet = NULL


cdef void close_monitor(Monitor *monitor) noexcept nogil:
    close_outlet(monitor)
    if monitor.tap != NULL:
        zmq_close(monitor.tap)
        monitor.tap = NULL


cdef void free_monitor(Monitor *monitor) noexcept nogil:
    free(monitor.address)
    free(monitor)
