# The peers of a socket: connections whose handshake is over, and sockets of this process (inproc).
#
# A monitor that was there before the first endpoint has seen every connection. libzmq does not tell
# a later one of those that it missed, so they are looked for among the descriptors of the process:
#
# - what was accepted at an endpoint of the socket is its own, as no other socket has that;
# - what leads to an endpoint that the socket has connected to may be another socket's. It is taken
#   where there are enough for all sockets of this process that have connected there.
#
# Whether the handshake of a connection that was found is over, libzmq says only if it is not. So it
# counts when that is not said for PROBATION_NS, or, without a mechanism, when more has arrived than
# a greeting.
#
# libzmq has no events of inproc. There a connection is there as soon as both ends are, and both
# are in this process: the handles know.

cdef enum:
    PROBATION_NS = 100000000
    LOOK_AGAIN_MS = 20         # where a connection is expected and not found
    GREETING = 64              # bytes of ZMTP 3 before the first command
    OLD_GREETING = 12          # and of its older versions
    MOST_LOOKED_AT = 1024      # descriptors, for the words of an error


def track_peers(Socket socket not None, address=None, token=0, events=0) -> int:
    """Have the connections of a socket followed, and sent to a stream; not twice.

    Parameters
    ----------
    address : bytes or None
        Where the PULL of a stream is bound, in the context of the socket.
    token : int
        The first part of each message to it, as 8 bytes.
    events : int
        What to send, of zmq.Event; 0x10000 tells of changes over inproc, with event 0.

    Returns
    -------
    int
        The number of the outlet, for drop_stream; 0 without an address.
    """
    cdef Handle handle = socket.handle
    cdef const char *where = NULL
    cdef int64_t number = 0
    cdef int64_t until = 0
    cdef uint64_t mark = token
    cdef int mask = events
    cdef int error
    if address is not None:
        where = address
    error = try_to_track(handle, where, mark, mask, &number)
    while error == EMFILE and wait_for_reaper(handle.context, &until):
        error = try_to_track(handle, where, mark, mask, &number)
    if error:
        fail(error)
    return number


cdef int try_to_track(Handle handle, const char *where, uint64_t mark, int mask,
                      int64_t *number) except -1:
    """0, or an errno."""
    cdef int error
    enter(handle)
    if handle.context is None:
        described = describe(handle)
        leave(handle)
        fail(ENOTSUP, f"{described} was opened by another library, in a context that is not "
                      "known here: its connections cannot be followed. Open it with zmq.Context")
    error = track(handle, where, mark, mask, number)
    leave(handle)
    return error


def drop_stream(int64_t number) -> None:
    """End an outlet to a stream."""
    drop_reader(number)


def clock_ns() -> int:
    """The time of the clock that peers_of counts by, in ns."""
    return ohmq_now()


def peers_of(Socket socket not None) -> tuple:
    """The peers of a socket that is tracked, as ([(endpoint, since when)], ms).

    since when: in ns, as clock_ns() counts; -1 where that is not known.

    ms is when to ask again though no event comes, -1 for never.
    """
    cdef Handle handle = socket.handle
    cdef Monitor *monitor
    cdef list found = []
    cdef int again = -1
    # Of the others first: no lock of a handle is taken inside that of another.
    others = endpoints_of_others(handle)
    enter(handle)
    try:
        if handle.inproc:
            found += inproc_peers(handle, others)
        # May run Python code: not under the lock of the monitors.
        expected = expected_connections(handle, others)
        lock_monitors()
        try:
            monitor = running_monitor(handle)
            if monitor != NULL:
                while pump(monitor):
                    pass
                if monitor.late:
                    again = look_for_connections(handle, monitor, expected)
                again = sooner(again, list_ready(handle, monitor, found))
        finally:
            ohmq_lock_release(&_monitors_lock)
    finally:
        leave(handle)
    return found, again


cdef list endpoints_of_others(Handle handle):
    """The endpoints of the other sockets of this process, where those of a socket may lead there.

    Of each: whether it is of the same context, connected, inproc names, inproc connections.
    """
    cdef Handle other
    cdef list found = []
    ohmq_lock_acquire(&handle.lock)
    none = not handle.inproc and not handle.connected
    ohmq_lock_release(&handle.lock)
    if none:
        return found
    for other in open_handles():
        if other is handle:
            continue
        ohmq_lock_acquire(&other.lock)
        try:
            found.append((other.context is handle.context, other.connected,
                          inproc_texts(other), inproc_connections(other)))
        finally:
            ohmq_lock_release(&other.lock)
    return found


cdef inline int sooner(int one, int other) noexcept:
    """The smaller of two times in ms, of which -1 is never."""
    return other if one < 0 or 0 <= other < one else one


cdef int list_ready(Handle handle, Monitor *monitor, list found) except -2:
    """List the peers that a monitor knows; when to ask again, in ms, or -1."""
    cdef PeerConnection *connection
    cdef int64_t now = ohmq_now()
    cdef int again = -1
    cdef int wait
    cdef int i = -1
    forget_closed(monitor)
    while i + 1 < monitor.n_connections:  # it may change: the garbage collector may close sockets
        i += 1
        connection = &monitor.table[i]
        if connection.state == CONNECTION_FOUND:
            wait = probation_of(handle, connection, now)
            if wait == 0:
                set_state(connection, CONNECTION_READY)
            else:
                again = sooner(again, wait)
        # libzmq has no handshake where it does not speak ZMTP.
        if connection.state == CONNECTION_READY or (
                handle.type == ZMQ_STREAM and connection.state == CONNECTION_BEGUN):
            found.append((connection.endpoint.decode("utf-8", "replace"), connection.since))
    return again


cdef void forget_closed(Monitor *monitor) noexcept nogil:
    """Forget what was found, and whose descriptor is closed, or another connection's by now.

    libzmq tells of an end before it closes the descriptor: a look in between finds what no event
    will end.
    """
    cdef int i = monitor.n_connections - 1
    while i >= 0:
        if monitor.table[i].found and not leads_here(&monitor.table[i]):
            forget_connection(monitor, &monitor.table[i])
        i -= 1


cdef bint leads_here(PeerConnection *connection) noexcept nogil:
    """Whether the descriptor of a connection has its endpoint at one of its ends."""
    cdef char text[256]
    cdef int fd = <int> connection.fd
    cdef int remote
    for remote in range(2):
        if (ohmq_connection_text(fd, remote, text, sizeof(text))
                and strcmp(text, connection.endpoint) == 0):
            return True
    return False


cdef int probation_of(Handle handle, PeerConnection *connection, int64_t now) noexcept:
    """How long to wait, in ms, until a connection that was found counts; 0 for no longer."""
    cdef int64_t gap = 0
    cdef int64_t received = ohmq_connection_received(<int> connection.fd, &gap)
    if received > GREETING and not is_set(handle, ZMQ_MECHANISM):
        return 0
    if 0 <= received < OLD_GREETING:
        return LOOK_AGAIN_MS
    return <int> (max(connection.since + PROBATION_NS + gap - now, 0) // 1000000)


# ---- connections that are older than the monitor ------------------------------------------------

cdef dict expected_connections(Handle handle, list others):
    """The endpoints of a socket: how many connections lead there from here.

    {endpoint: [those of this socket, those of other sockets]}; for a bound one None.
    """
    cdef dict expected = {}
    for endpoint in handle.bound:
        if not endpoint.startswith("inproc:"):
            expected[endpoint] = None
    for endpoint in handle.connected:
        if not endpoint.startswith("inproc:"):
            expected[endpoint] = expected.get(endpoint) or [0, 0]
            expected[endpoint][0] += 1
    if not any(expected.values()):
        return expected
    for _, connected, _, _ in others:
        for endpoint in connected:
            if expected.get(endpoint):
                expected[endpoint][1] += 1
    return expected


cdef int look_for_connections(Handle handle, Monitor *monitor, dict expected) except -2:
    """Add what the process has of the connections of a socket; when to look again, in ms, or -1."""
    cdef char text[256]
    cdef int *descriptors = NULL
    cdef int n, i, fd
    cdef dict unknown = {}  # {where to: descriptors}
    cdef int again = -1
    if not expected:
        return -1
    n = ohmq_descriptors(&descriptors, INT_MAX - 1)
    try:
        for i in range(n):
            fd = descriptors[i]
            if is_connection_known(fd):
                continue
            if ohmq_connection_text(fd, False, text, sizeof(text)) and any(
                    [counts is None and ohmq_connection_is_at(fd, endpoint.encode())
                     for endpoint, counts in expected.items()]):
                note_found(monitor, fd, text, strlen(text))
            elif ohmq_connection_text(fd, True, text, sizeof(text)):
                unknown.setdefault(<bytes> text, []).append(fd)
    finally:
        free(descriptors)
    for endpoint, counts in expected.items():
        if counts is not None:
            again = sooner(again, take_found(monitor, endpoint, counts, unknown))
    return again


cdef int take_found(Monitor *monitor, str endpoint, list counts, dict unknown) except -2:
    """Take connections to an endpoint for those of a socket, where it is sure to have as many."""
    cdef bytes text
    cdef int here = counts[0] - known_at(monitor, endpoint)
    cdef int elsewhere = counts[1]
    cdef Monitor *other = _monitors
    cdef list found = []
    while other != NULL:
        if other != monitor:
            elsewhere -= known_at(other, endpoint)
        other = other.next
    for text, descriptors in unknown.items():
        if leads_to(text, endpoint):
            found += [(text, fd) for fd in descriptors]
    for text, fd in found[:max(min(here, len(found) - max(elsewhere, 0)), 0)]:
        add_connection(monitor, CONNECTION_FOUND, fd, text, len(text))
        unknown[text].remove(fd)
        here -= 1
    return LOOK_AGAIN_MS if here > 0 else -1


cdef void note_found(Monitor *monitor, int fd, const char *text, size_t size) noexcept:
    """Add a connection that was found, unless the end of its handshake has been told already.

    Events of handshakes name no descriptor: it becomes known now, and with it the end.
    """
    cdef PeerConnection *told = oldest_unknown(monitor, text, size)
    if told != NULL:
        told.fd = fd
    else:
        add_connection(monitor, CONNECTION_FOUND, fd, text, size)


cdef int known_at(Monitor *monitor, str endpoint) except -1:
    """How many connections that lead to an endpoint a monitor knows."""
    cdef int n = 0
    cdef int i = 0
    while i < monitor.n_connections:
        n += leads_to(monitor.table[i].endpoint, endpoint)
        i += 1
    return n


cdef bint leads_to(const char *text, str endpoint) except -1:
    """Whether an address of the system is that of an endpoint; a host name may be any host."""
    shown = as_ipv4(text.decode("utf-8", "replace"))
    given = endpoint.rpartition(";")[2]
    if not given.startswith("tcp:"):
        given = "tcp://" + given if endpoint.startswith("tcp:") else given
    given = as_ipv4(given)
    if shown == given:
        return True
    host = given[6:].rpartition(":")[0]
    is_number = host.replace(".", "").isdigit() or host.startswith("[")
    # Where all addresses are meant, the system connects to this machine.
    return (given.startswith("tcp:") and shown.startswith("tcp:")
            and (not is_number or host in ("0.0.0.0", "[::]"))
            and shown.rpartition(":")[2] == given.rpartition(":")[2])


cdef str as_ipv4(str endpoint):
    """A tcp endpoint as IPv4 writes it, where IPv6 has one of IPv4 in it."""
    if not endpoint.startswith("tcp://[::ffff:"):
        return endpoint
    host, _, port = endpoint[len("tcp://[::ffff:"):].rpartition("]:")
    return f"tcp://{host}:{port}"


cdef object standing_connections(Handle handle):
    """How many connections of a socket stand now, those over inproc included; None if unknown.

    Asks the system, not a monitor: so whether a handshake is over is not known. Called without a
    lock.
    """
    cdef dict expected
    cdef int n = 0
    others = endpoints_of_others(handle)
    ohmq_lock_acquire(&handle.lock)
    try:
        if handle.inproc:
            n = len(inproc_peers(handle, others))
        expected = expected_connections(handle, others)
        through_proxy = handle.ptr != NULL and has_text(handle, ZMQ_SOCKS_PROXY)
    finally:
        ohmq_lock_release(&handle.lock)
    if through_proxy or not all([each.startswith(("tcp:", "ipc:")) for each in expected]):
        return None
    of_system = connections_at(expected) if expected else 0
    return None if of_system is None else n + of_system


def connections_to(Socket socket not None, str endpoint):
    """How many connections of a socket to one of its endpoints stand now; None if unknown."""
    cdef Handle handle = socket.handle
    others = endpoints_of_others(handle)
    ohmq_lock_acquire(&handle.lock)
    try:
        counts = expected_connections(handle, others).get(endpoint)
        through_proxy = handle.ptr != NULL and has_text(handle, ZMQ_SOCKS_PROXY)
    finally:
        ohmq_lock_release(&handle.lock)
    return None if through_proxy or counts is None else connections_at({endpoint: counts})


cdef int tcp_port_of(str endpoint) except -1:
    """The port of a tcp endpoint, as libzmq takes it; 0 for other transports."""
    _, _, port = endpoint.rpartition(":")
    if not endpoint.startswith("tcp:") or not port.isdecimal():
        return 0
    return int(port) % 65536


cdef object connections_at(dict expected):
    """How many connections of this process are a socket's, by expected_connections; or None.

    Unknown also where the process has very many descriptors: a server whose waits end ten times a
    second is not to spend its time on looks at each.
    """
    cdef char text[256]
    cdef int *descriptors = NULL
    cdef int n, i, fd, port
    cdef int count = 0
    cdef dict leading = dict.fromkeys(expected, 0)
    cdef set ports = {tcp_port_of(endpoint) for endpoint, counts in expected.items() if counts}
    n = ohmq_descriptors(&descriptors, MOST_LOOKED_AT)
    if n == 0 or n > MOST_LOOKED_AT:
        free(descriptors)
        return None
    try:
        for i in range(n):
            fd = descriptors[i]
            port = ohmq_peer_port(fd)
            if port < 0:
                continue
            may_lead = port in ports and ohmq_connection_text(fd, True, text, sizeof(text))
            for endpoint, counts in expected.items():
                if (may_lead and leads_to(text, endpoint) if counts
                        else ohmq_connection_is_at(fd, endpoint.encode())):
                    leading[endpoint] += 1
    finally:
        free(descriptors)
    for endpoint, counts in expected.items():
        if counts is None:
            count += leading[endpoint]
        elif 0 < leading[endpoint] < counts[0] + counts[1] and counts[1]:
            return None  # some sockets of this process have one, and others have none
        else:
            count += min(leading[endpoint], counts[0])
    return count


# ---- peers in this process ----------------------------------------------------------------------

cdef list inproc_peers(Handle handle, list others):
    """The sockets at the other ends of inproc connections, as list_ready lists peers; since -1."""
    cdef list found = []
    cdef list mine = inproc_connections(handle)
    cdef list bound = inproc_texts(handle)
    for same_context, _, their_names, theirs in others:
        if same_context:
            found += [(endpoint, -1) for endpoint in mine if endpoint in their_names]
            found += [(endpoint, -1) for endpoint in theirs if endpoint in bound]
    return found


cdef list inproc_texts(Handle handle):
    """The inproc endpoints that a socket has bound, as text. Called with its lock."""
    return [name.decode("utf-8", "replace") for name in inproc_names(handle) or ()]


cdef list inproc_connections(Handle handle):
    """The inproc endpoints that a socket is connected to, or will be once they are bound.

    Called with its lock.
    """
    found = [endpoint for endpoint in handle.connected if endpoint.startswith("inproc:")]
    if handle.extras is not None:
        for endpoint in handle.extras.gone or ():
            if endpoint in found:
                found.remove(endpoint)
    return found


cdef int inproc_changed(Handle handle, bint closed) except -1:
    """Tell streams that peers over inproc may have come or gone. Called without a lock.

    closed: of a socket that was closed: what was connected to it does not connect again.
    """
    cdef Monitor *monitor
    cdef Outlet *outlet
    cdef Handle other
    if closed:
        ohmq_lock_acquire(&handle.lock)
        names = inproc_texts(handle)
        ohmq_lock_release(&handle.lock)
        for other in open_handles() if names else ():
            if other.context is handle.context:
                note_gone(other, names)
    lock_monitors()
    monitor = _monitors
    while monitor != NULL:
        outlet = monitor.outlets
        while outlet != NULL:
            if outlet.events & CHANGED:
                hold_own_event(monitor, outlet, CHANGED)
            outlet = outlet.next
        monitor = monitor.next
    ohmq_waker_wake(&_monitors_waker)
    ohmq_lock_release(&_monitors_lock)
    return 0


cdef int note_gone(Handle handle, list names) except -1:
    """The sockets of inproc endpoints are closed. Called without a lock."""
    cdef Extras extras
    ohmq_lock_acquire(&handle.lock)
    try:
        lost = [each for each in inproc_connections(handle) if each in names]
        if lost:
            extras = extras_of(handle)
            extras.gone = (extras.gone or ()) + tuple(lost)
    finally:
        ohmq_lock_release(&handle.lock)
    return 0
