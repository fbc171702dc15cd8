# Monitors: the connection events of a socket (zmq_socket_monitor(3)), which hold nothing up here.
#
# libzmq's own threads send events, with a send that blocks: a monitor without a reader, or with a
# slow one, would stop the traffic of the whole context, and the end of the socket as well. So
# libzmq's PAIR has a reader of ours, the tap, whose queue has no limit, and a thread hands the
# events on to the outlets (outlets.pxi): a PAIR at the address that the program knows, and one
# for each stream of events that reads the socket, as libzmq allows but one monitor a socket:
#
#     PAIR of libzmq --> tap --> held --> outlet --> PAIR of the program
#                            \-> held --> outlet --> PULL of a stream, which may read many sockets
#                            \-> the table of connections (connections.pxi)
#
# libzmq is asked for all events, and each outlet has a mask.
#
#     runs       the tap is open
#     ending     MONITOR_STOPPED was read, the last event: outlets only, until they are read
#     over       all are closed; the thread takes the monitor off the list
#
# A monitor that tracks goes on until its socket is closed. One that does not is stopped with the
# outlet of the program. The list, and all sockets of it, are used under one lock, inside the lock
# of any handle. Calls that may have caused events, and readers that find none, pump as well: what
# libzmq has said by then is there, as if there were no thread between.

cdef enum:
    PUMP = 100                 # events that are taken before they are handed on
    ALL_EVENTS = 0xFFFF


cdef Monitor *_monitors = NULL
cdef int64_t _monitor_number = 0
cdef int _tracking = False    # a monitor tracks, or did: inproc endpoints are followed
cdef ohmq_lock _monitors_lock
cdef ohmq_waker _monitors_waker
cdef bint _monitors_thread = False
_monitors_waker.read_fd = _monitors_waker.write_fd = -1
cdef int _monitors_generation = 0


# ---- what sockets call, with the GIL ------------------------------------------------------------

cdef int monitor_call(Handle handle, object addr, int events) except -1:
    """Start the program's monitor at an address, or stop the one that runs."""
    cdef bytes address = None if addr is None else as_address(addr)
    cdef int64_t until = 0
    cdef int error = try_monitor(handle, address, events)
    while error == EMFILE and wait_for_reaper(handle.context, &until):
        error = try_monitor(handle, address, events)
    if error:
        fail(error, unlocked_failure_of(handle, "monitor", {"address": addr, "events": events}))
    return 0


cdef int try_monitor(Handle handle, bytes address, int events) except -1:
    """0, or an errno."""
    cdef int error
    enter(handle)
    if address is None:
        error = stop_program_monitor(handle)
    elif handle.context is None or events >> 16 or not address.startswith(b"inproc://"):
        # A socket of another library's context; or libzmq knows best what is wrong.
        error = c_errno() if zmq_socket_monitor(handle.ptr, address, events) < 0 else 0
    else:
        error = stop_program_monitor(handle)
        if error == 0:
            error = start_program_monitor(handle, address, events)
    leave(handle)
    return error


cdef int start_program_monitor(Handle handle, const char *address, int events) noexcept:
    """0, or an errno. Called with the lock."""
    cdef Monitor *monitor
    cdef Outlet *outlet
    cdef int error
    lock_monitors()
    monitor = running_monitor(handle)
    if monitor == NULL:
        monitor = new_monitor(handle)
    outlet = NULL if monitor == NULL else open_outlet(monitor, address)
    error = c_errno() if outlet == NULL else begin_monitor(handle, monitor)
    if error == 0:
        outlet.events = monitor.asked = events
        monitor.program = outlet.number
    elif outlet != NULL:
        close_outlet(monitor, outlet)
    end_change(handle, monitor, error)
    return error


cdef int track(Handle handle, const char *address, uint64_t token, int events,
               int64_t *number) noexcept:
    """Have a monitor that goes on until the socket is closed, and an outlet for a stream.

    The stream is bound at the address; NULL for none. number is that of the outlet. 0, or an
    errno. Called with the lock.
    """
    cdef Monitor *monitor
    cdef Outlet *outlet = NULL
    cdef int error = 0
    number[0] = 0
    lock_monitors()
    monitor = running_monitor(handle)
    if monitor == NULL:
        monitor = new_monitor(handle)
    if monitor == NULL:
        error = ENOMEM
    if error == 0 and address != NULL:
        outlet = open_stream_outlet(monitor, address)
        error = c_errno() if outlet == NULL else 0
    if error == 0:
        error = begin_monitor(handle, monitor)
    if error == 0:
        ohmq_store_int(&_tracking, True)
        monitor.tracks = True
        if outlet != NULL:
            outlet.token, outlet.events, number[0] = token, events, outlet.number
    elif outlet != NULL:
        close_outlet(monitor, outlet)
    end_change(handle, monitor, error)
    return error


cdef Monitor *new_monitor(Handle handle) noexcept:
    global _monitor_number
    cdef Monitor *monitor = <Monitor *> malloc(sizeof(Monitor))
    if monitor == NULL:
        errno = ENOMEM
        return NULL
    memset(monitor, 0, sizeof(Monitor))
    _monitor_number += 1
    monitor.number = _monitor_number
    monitor.context = context_at(handle.context)
    monitor.late = bool(handle.bound or handle.connected)
    return monitor


cdef int begin_monitor(Handle handle, Monitor *monitor) noexcept:
    """Open the tap of a new monitor, and have libzmq tell it. 0, or an errno."""
    cdef char inner[64]
    cdef int none = 0
    if monitor.tap != NULL:
        return 0
    snprintf(inner, sizeof(inner), "inproc://ohmq-monitor-%lld", <long long> monitor.number)
    if not start_pumping():
        return c_errno()
    monitor.tap = zmq_socket(monitor.context, ZMQ_PAIR)
    if monitor.tap == NULL:
        return c_errno()
    monitor.tap_fd = descriptor_of(monitor.tap)
    zmq_setsockopt(monitor.tap, ZMQ_LINGER, &none, sizeof(none))
    zmq_setsockopt(monitor.tap, ZMQ_RCVHWM, &none, sizeof(none))
    # A thread of libzmq that has something to say waits from the first call to the second.
    if (zmq_socket_monitor(handle.ptr, inner, ALL_EVENTS) < 0
            or zmq_connect(monitor.tap, inner) < 0):
        return c_errno()
    return 0


cdef void end_change(Handle handle, Monitor *monitor, int error) noexcept:
    """Put a monitor that has begun on the list, or drop one that could not; release the lock."""
    if monitor != NULL and monitor_of(handle) != monitor.number:
        if error:
            close_monitor(monitor)
            free_monitor(monitor)
        else:
            monitor.next = _monitors
            ohmq_store_pointer(<void **> &_monitors, monitor)
            extras_of(handle).monitor = monitor.number
    if not error:
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)


cdef Monitor *running_monitor(Handle handle) noexcept:
    """The monitor of a socket; NULL if there is none, or libzmq has ended it."""
    cdef Monitor *monitor = find_monitor(monitor_of(handle)) if monitor_of(handle) else NULL
    return monitor if monitor != NULL and monitor.tap != NULL else NULL


cdef int stop_program_monitor(Handle handle) noexcept:
    """Stop what monitor() has started, if anything. 0, or an errno. Called with the lock.

    Does not block: the tap takes MONITOR_STOPPED, which libzmq sends now.
    """
    cdef Monitor *monitor
    cdef bint tracks
    lock_monitors()
    monitor = running_monitor(handle)
    tracks = monitor != NULL and monitor.tracks
    if tracks:
        while pump(monitor):
            pass
        end_program_outlet(monitor)
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)
    return 0 if tracks else stop_monitor(handle)


cdef int stop_monitor(Handle handle) noexcept:
    """Stop the monitor, if one runs, with all its outlets. 0, or an errno. Called with the lock."""
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

    The number, of a monitor or an outlet, becomes 0 where that is over.
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
    cdef int64_t taken
    cdef bint changed = False
    if ohmq_load_pointer(<void **> &_monitors) == NULL:
        return
    ohmq_lock_spin(&_monitors_lock)
    monitor = _monitors if _monitors_generation == ohmq_generation else NULL
    while monitor != NULL:
        taken = monitor.events_taken
        pump(monitor)
        changed = changed or monitor.events_taken != taken or monitor.tap == NULL
        monitor = monitor.next
    if changed:
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)


cdef bint may_have_connection(int64_t number) noexcept nogil:
    """Whether a connection is known, or begins; True as well where the monitor has ended."""
    cdef Monitor *monitor
    cdef bint found
    ohmq_lock_spin(&_monitors_lock)
    monitor = find_monitor(number)
    found = monitor == NULL or monitor.tap == NULL or monitor.n_connections > 0
    ohmq_lock_release(&_monitors_lock)
    return found


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
    if found.handshakes:
        more["handshakes"] = found.handshakes
    if found.failed_handshakes:
        more["failed_handshakes"] = (found.failed_handshakes, found.last_failed, found.last_reason)
    elif found.asked & needed == needed:
        more["connections"] = (found.connections, found.handshakes, found.disconnections)
    return 0


cdef int bind_error(int64_t number) noexcept:
    """The errno of a bind that has failed just now, as its event tells; 0 if none does."""
    cdef Monitor *monitor
    cdef int error = 0
    lock_monitors()
    monitor = find_monitor(number)
    if monitor != NULL:
        while pump(monitor):
            pass
        error, monitor.bind_error = monitor.bind_error, 0
    ohmq_lock_release(&_monitors_lock)
    return error


cdef int64_t outlet_at(ContextHandle context, const char *address) noexcept:
    """The number of the outlet that a program reads at an address; 0 if there is none."""
    cdef Monitor *monitor
    cdef Outlet *outlet
    cdef int64_t number = 0
    if ohmq_load_pointer(<void **> &_monitors) == NULL or context is None:
        return 0
    lock_monitors()
    monitor = _monitors
    while monitor != NULL and number == 0:
        outlet = monitor.outlets if monitor.context == context_at(context) else NULL
        while outlet != NULL and number == 0:
            if (outlet.socket != NULL and outlet.address != NULL
                    and strcmp(outlet.address, address) == 0):
                number = outlet.number
            outlet = outlet.next
        monitor = monitor.next
    ohmq_lock_release(&_monitors_lock)
    return number


cdef int64_t program_outlet(int64_t number) noexcept:
    """The outlet that the program has asked for, of a monitor; 0 if it has not."""
    cdef Monitor *monitor
    cdef int64_t found = 0
    lock_monitors()
    monitor = find_monitor(number)
    if monitor != NULL:
        found = monitor.program
    ohmq_lock_release(&_monitors_lock)
    return found


cdef int64_t drop_reader(int64_t number) noexcept:
    """The only reader that an outlet can have is closed: nothing is kept for it any more.

    Returns the number of a monitor that nothing reads now, else 0.
    """
    cdef Monitor *monitor
    cdef Outlet *outlet
    cdef int64_t idle = 0
    lock_monitors()
    monitor = find_monitor(number)
    if monitor != NULL:
        outlet = find_outlet(monitor, number)
        if outlet != NULL:
            close_outlet(monitor, outlet)
        if monitor.program == number:
            monitor.program = 0
        if not monitor.tracks:
            idle = monitor.number
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)
    return idle


cdef int end_monitor_of(Handle reader) except -1:
    """Stop a monitor whose reader has been closed. Called without a lock."""
    cdef Handle handle
    cdef int64_t number = drop_reader(reader.extras.ends)
    reader.extras.ends = 0
    if number == 0:
        return 0
    for handle in open_handles():
        if monitor_of(handle) == number:
            ohmq_lock_acquire(&handle.lock)
            # A socket that a device has is left alone: its events are thrown away.
            if handle.ptr != NULL and monitor_of(handle) == number:
                stop_program_monitor(handle)
            ohmq_lock_release(&handle.lock)
    return 0


cdef int forget_endpoint(Handle handle, const char *endpoint) noexcept:
    """The socket has unbound, or disconnected from, an endpoint. Called with its lock."""
    cdef Monitor *monitor
    lock_monitors()
    monitor = find_monitor(monitor_of(handle))
    if monitor != NULL:
        forget_at_port(monitor, endpoint)
    ohmq_lock_release(&_monitors_lock)
    return 0


cdef void end_streams(int64_t number) noexcept:
    """The socket of a monitor is being closed: its streams are told now, and not when it is gone.

    libzmq keeps it for as long as it has something to send.
    """
    cdef Monitor *monitor
    lock_monitors()
    monitor = find_monitor(number)
    if monitor != NULL:
        while monitor.tap != NULL and pump(monitor):
            pass
        end_stream_outlets(monitor)
        ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)


cdef inline void lock_monitors() noexcept:
    global _monitors, _monitors_thread, _monitors_generation
    ohmq_lock_acquire(&_monitors_lock)
    if _monitors_generation != ohmq_generation:
        # After a fork: the sockets, the thread and the descriptors are the parent's.
        _monitors = NULL
        _monitors_thread = False
        _monitors_waker.read_fd = _monitors_waker.write_fd = -1
        _monitors_generation = ohmq_generation


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
