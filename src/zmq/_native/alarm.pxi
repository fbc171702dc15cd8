# A poller in an event loop: a descriptor for the loop to watch.

@cython.no_gc_clear  # its poller counts it among the sleepers until it goes
cdef class Alarm:
    """Alarm(poller)\n--\n
    A descriptor that is readable when poll() of a poller may have something.

    It is closed with this object, if not before: a loop that ends lets go of what it would have
    called, and that of this.
    """

    def __cinit__(self, Poller poller not None):
        with cython.critical_section(poller):
            self.watch(poller)

    cdef int watch(self, Poller poller) except -1:
        cdef Entry entry
        self.set = -1
        self.generation = ohmq_generation
        need_set(poller)
        join_sleepers(poller)
        self.poller = poller
        self.set = ohmq_set_open()
        if self.set < 0:
            fail(errno, f"no poller can be watched: {strerror(errno)}")
        watch_for(self.set, poller.set, ZMQ_POLLIN)
        watch_for(self.set, poller.waker.read_fd, ZMQ_POLLIN)
        for entry in list(poller.entries.values()):
            if entry.handle is None:
                watch_for(self.set, entry.fd, entry.events)
            elif is_usable(entry.handle):
                need_descriptor(entry.handle, "an event loop")
        if has_candidates(poller):
            poller_wake(poller)
        return 0

    def __dealloc__(self):
        self.let_go()

    cdef void let_go(self) noexcept:
        if self.poller is None or self.generation != ohmq_generation:
            return
        if self.set >= 0:
            ohmq_set_close(self.set)
            self.set = -1
        leave_sleepers(self.poller)
        self.poller = None

    def close(self) -> None:
        """Close the descriptor, which no loop watches any more."""
        self.let_go()

    def fileno(self) -> int:
        """The descriptor, until close()."""
        return self.set

    def clear(self) -> None:
        """Make the descriptor unreadable, before poll() looks."""
        if self.poller is None:
            return
        ohmq_lock_acquire(&self.poller.lock)
        if self.poller.woken:
            self.poller.woken = False
            ohmq_waker_clear(&self.poller.waker)
        ohmq_lock_release(&self.poller.lock)


cdef int watch_for(int alarm, int64_t fd, short events) except -1:
    if ohmq_set_watch(alarm, fd, events) < 0 and errno != EEXIST:
        raise OSError(errno, f"descriptor {fd} cannot be watched: {strerror(errno)}")
    return 0
