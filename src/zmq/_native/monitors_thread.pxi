# The thread of the monitors: it hands on what libzmq says, without the GIL.

cdef void pump_monitors(void *argument) noexcept nogil:
    """Body of the thread: hands events on for as long as there are monitors."""
    cdef ohmq_interest *interests = NULL
    cdef int64_t wake_at
    cdef int room = 0
    cdef int n
    ohmq_block_signals()
    while True:
        ohmq_lock_spin(&_monitors_lock)
        wake_at = pump_all()
        if _monitors == NULL:
            break
        n = count_sockets()
        if room < 1 + n:
            free(interests)
            room = 2 * (1 + n)
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
    cdef Monitor **link = &_monitors
    cdef Monitor *monitor
    cdef Outlet *outlet
    cdef int64_t wake_at = -1
    while link[0] != NULL:
        monitor = link[0]
        if pump(monitor):
            wake_at = 0
        drop_closed_outlets(monitor)
        outlet = monitor.outlets
        while outlet != NULL:
            if outlet.end_at and wake_at != 0 and (wake_at < 0 or outlet.end_at < wake_at):
                wake_at = outlet.end_at
            outlet = outlet.next
        if monitor.tap == NULL and monitor.outlets == NULL:
            ohmq_store_pointer(<void **> link, monitor.next)
            free_monitor(monitor)
        else:
            link = &monitor.next
    return wake_at


cdef int count_sockets() noexcept nogil:
    cdef Monitor *monitor = _monitors
    cdef Outlet *outlet
    cdef int n = 0
    while monitor != NULL:
        n += 1
        outlet = monitor.outlets
        while outlet != NULL:
            n += 1
            outlet = outlet.next
        monitor = monitor.next
    return n


cdef int list_interests(ohmq_interest *interests) noexcept nogil:
    """List what the thread sleeps on: the waker, and the descriptors of all sockets."""
    cdef Monitor *monitor = _monitors
    cdef Outlet *outlet
    cdef int n = 1
    interests[0].fd = _monitors_waker.read_fd
    while monitor != NULL:
        if monitor.tap != NULL:
            interests[n].fd = monitor.tap_fd
            n += 1
        outlet = monitor.outlets
        while outlet != NULL:
            if outlet.socket != NULL:
                interests[n].fd = outlet.fd
                n += 1
            outlet = outlet.next
        monitor = monitor.next
    for i in range(n):
        interests[i].events = ZMQ_POLLIN
    return n
