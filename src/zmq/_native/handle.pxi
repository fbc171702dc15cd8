# One Handle a libzmq socket, shared by every wrapper and every shadow of it.
#
# It keeps the rules of the core for that socket:
#   1  every call happens between enter() and leave(), which hold the lock;
#   2  nothing blocks there: a caller that must wait does so in block(), without lock and GIL;
#   3  leave() tells waiters and watches what the call may have changed;
#   4  a message that was taken and not delivered goes back (unread), and is received first;
#   7  enter() says why a socket cannot be used.

import sys as _sys


@cython.no_gc  # no cycle goes through it; and the collector would clear its weak reference too soon
cdef class Handle:
    def __dealloc__(self):
        unlist_handle(self)  # first of all: see try_reference()
        # Without a reference to the socket there is no waiter either.
        drop_unread(self)
        free(self.busy_wait)
        if self.owned and self.ptr != NULL and self.generation == ohmq_generation:
            if monitor_of(self):
                end_streams(monitor_of(self))
            close_socket(self, self.ptr)
            if self.extras is not None and self.extras.ends:
                drop_reader(self.extras.ends)


@cython.no_gc
cdef class Extras:
    pass


cdef inline Extras extras_of(Handle handle):
    """The extras of a socket, made if it has none. Called with the lock."""
    if handle.extras is None:
        handle.extras = Extras.__new__(Extras)
    return handle.extras


# Held while a shadow is made of an address: two threads get one handle.
cdef ohmq_lock _adopting


cdef Handle adopt(void *ptr):
    """The handle of a socket for a shadow: a known one, or a new one for another library's."""
    cdef Handle handle
    ohmq_lock_acquire(&_adopting)
    try:
        for handle in open_handles():
            if ohmq_load_pointer(&handle.ptr) == ptr:
                return handle
        handle = new_handle(ptr, None, False)
        list_handle(handle)
        return handle
    finally:
        ohmq_lock_release(&_adopting)


cdef Handle new_handle(void *ptr, ContextHandle context, bint owned):
    """A new handle, which the caller has to list: from then on other threads find it."""
    cdef Handle handle = Handle.__new__(Handle)
    cdef size_t size = sizeof(int)
    cdef BusyWaitLimit limit
    handle.ptr = ptr
    handle.open = True
    handle.generation = ohmq_generation
    handle.unread_more = -1
    handle.bound = handle.connected = ()
    handle.owned = owned
    handle.context = context
    limit = default_busy_wait() if context is None else context.busy_wait
    if limit.ns:
        own_busy_wait(handle).limit_ns = limit.ns
        handle.busy_wait.by_default = limit.by_default
    check(zmq_getsockopt(ptr, ZMQ_TYPE, &handle.type, &size))
    handle.fd = descriptor_of(ptr)
    if handle.fd < 0:
        handle.signaler = ohmq_signaler_open(ptr, &handle.fd)
    if _sys.flags.dev_mode:
        extras_of(handle).opened_at = caller()
    return handle


cdef inline bint is_open(Handle handle) noexcept:
    """Whether the socket is one of this process, and open; a relay may have it."""
    return handle.generation == ohmq_generation and ohmq_load_int(&handle.open) != 0


# How long a new socket waits for libzmq to clear away those that were closed. An event loop may
# be what waits: where descriptors have run out, which others may hold, it is not for long.
cdef enum:
    REAPER_NS = 1000000000
    REAPER_NO_DESCRIPTOR_NS = 20000000

# Sockets that were closed here, and how many there were when the last wait for them was in vain.
# The first is only counted, the second is a guess: neither needs a lock.
cdef int _sockets_closed = 0
cdef int _waited_for = 0


cdef void *open_socket(ContextHandle context, int type) except NULL:
    """zmq_socket, as often as it takes libzmq to clear away closed sockets."""
    cdef void *ptr
    cdef int error = try_socket(context, type, &ptr)
    cdef int ignored
    cdef Failure failure
    cdef int64_t until = 0
    while error == EMFILE and wait_for_reaper(context, &until):
        error = try_socket(context, type, &ptr)
    if error:
        failure = failure_without_socket("socket", None if error != EMFILE else {
            "open": n_open(context), "descriptor_left": is_descriptor_left(),
            "max_sockets": context_option(context, ZMQ_MAX_SOCKETS, &ignored)})
        failure.socket_type = type
        fail(error, failure)
    return ptr


cdef bint wait_for_reaper(ContextHandle context, int64_t *until) except -1:
    """After EMFILE: wait a moment, as closed sockets count until libzmq's reaper has taken them.

    Called without a lock. False where there is nothing to wait for, or time is over. until belongs
    to the caller, and is 0 before the first call.
    """
    cdef int closed = ohmq_load_int(&_sockets_closed)
    cdef int ignored
    if context is None:
        return False
    if until[0] == 0:
        if ohmq_load_int(&_waited_for) == closed or (
            n_open(context) + 1 >= context_option(context, ZMQ_MAX_SOCKETS, &ignored)
        ):
            return False
        until[0] = ohmq_now() + (REAPER_NS if is_descriptor_left() else REAPER_NO_DESCRIPTOR_NS)
    elif ohmq_now() >= until[0]:
        ohmq_store_int(&_waited_for, closed)
        return False
    with nogil:
        ohmq_wait(NULL, 0, ohmq_now() + 1000000)
    return True


cdef Py_ssize_t n_open(ContextHandle context):
    return len([1 for handle in open_handles() if (<Handle> handle).context is context])


cdef int try_socket(ContextHandle context, int type, void **ptr) except -1:
    """0, or an errno."""
    cdef int error
    enter_context(context)
    ptr[0] = zmq_socket(context.ptr, type)
    error = c_errno() if ptr[0] == NULL else 0
    leave_context(context)
    return error


cdef bint is_descriptor_left() noexcept:
    """Whether it is the context that has no room for a socket, and not the process."""
    cdef ohmq_waker probe
    if ohmq_waker_open(&probe) < 0:
        return False
    ohmq_waker_close(&probe)
    return True


cdef int64_t descriptor_of(void *ptr) noexcept:
    cdef int64_t wide = 0
    cdef int narrow = 0
    cdef size_t size
    if OHMQ_FD_IS_WIDE:
        size = sizeof(wide)
        return wide if zmq_getsockopt(ptr, ZMQ_FD, &wide, &size) == 0 else -1
    size = sizeof(narrow)
    return narrow if zmq_getsockopt(ptr, ZMQ_FD, &narrow, &size) == 0 else -1


cdef object caller():
    """Where in the program the call came from, as "file:line"."""
    frame = _sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] == "zmq":
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else None


cdef inline bint is_usable(Handle handle) noexcept:
    """Whether the socket is open, and of this process: its descriptor is what it was."""
    return ohmq_load_pointer(&handle.ptr) != NULL and handle.generation == ohmq_generation


cdef inline void forget_socket(Handle handle) noexcept:
    """From here on the socket is closed. Called with the lock, but in the child of a fork."""
    ohmq_store_int(&handle.open, False)
    ohmq_store_pointer(&handle.ptr, NULL)
    ohmq_store_pointer(&handle.claimed, NULL)


cdef inline int enter(Handle handle) except -1:
    """Begin a call on the socket."""
    # First of all: in a forked child the lock may be held by a thread that the child has not.
    if handle.generation != ohmq_generation:
        refuse(handle)
    ohmq_lock_acquire(&handle.lock)
    if handle.ptr == NULL:
        ohmq_lock_release(&handle.lock)
        refuse(handle)
    return 0


cdef inline int need_open(Handle handle) except -1:
    """Raise for a socket that cannot be used: it says so before what is wrong with arguments."""
    if not is_usable(handle):
        enter(handle)
        ohmq_lock_release(&handle.lock)  # a device has just given it back
    return 0


cdef inline void leave(Handle handle) noexcept:
    """End a call: waiters and watches of the socket are told of what it changed."""
    tell_used(handle)
    ohmq_lock_release(&handle.lock)


cdef inline void tell_used(Handle handle) noexcept:
    if handle.waiters != NULL or handle.watches != NULL:
        touch(handle, USED)


cdef inline void leave_looked(Handle handle, EventsRead *look) noexcept:
    """End a call whose caller goes by a look: see tell()."""
    tell(handle, USED, look)
    ohmq_lock_release(&handle.lock)


cdef int fail_inside(Handle handle, int error, Failure failure) except -1:
    """Raise for an error number, in the middle of a call: with the lock, and returns with it.

    Exceptions are made by Python code, in which signal handlers run, and they may use the socket.
    """
    leave(handle)
    try:
        if error == EAGAIN:
            note_connections(handle, failure)
        fail(error, failure)
    finally:
        ohmq_lock_acquire(&handle.lock)


cdef int refuse(Handle handle) except -1:
    """Raise what keeps the socket from being used. Called without the lock."""
    if handle.generation != ohmq_generation and handle.generation >= 0:
        refuse_socket_after_fork(handle)
    if ohmq_load_int(&handle.open):
        fail(EBUSY, unlocked_failure_of(handle, "claimed"))
    fail(ENOTSOCK, unlocked_failure_of(handle, "closed"))


cdef dict _types = {}  # by number
cdef dict _type_names = {}


def define_socket_types(members):
    """Take the socket types as {name: member}, aliases last; zmq.constants owns them."""
    for name, member in members.items():
        _types.setdefault(int(member), member)
        _type_names.setdefault(int(member), name)


cdef str type_name(int number):
    return _type_names.get(number, f"type {number}")


cdef str describe(Handle handle):
    """The type of a socket and its endpoints. Called with the lock."""
    text = f"{type_name(handle.type)} socket"
    if handle.bound or handle.connected:
        text += " on " + ", ".join(handle.bound + handle.connected)
    return text


cdef bint can_go_on(Handle handle, EventsRead *look, Touch what, short events) noexcept:
    """Whether a sleeper that waits for such events has to wake up."""
    if not look.done and what == USED:
        look_at(handle, look)
    elif not look.done:
        look.done, look.error = True, ENOTSOCK
    return look.error != 0 or look.events & events != 0


cdef inline int look_at(Handle handle, EventsRead *look) noexcept:
    """Read EVENTS as they are now. Called with the lock; 0, or an errno."""
    look.done = True
    look.error = ENOTSOCK if handle.ptr == NULL else events_of(handle, &look.events)
    return look.error


cdef int need_descriptor(Handle handle, str waiter) except -1:
    """Refuse a socket that can be waited for only by trying again and again."""
    if handle.fd < 0:
        fail(ENOTSUP, unlocked_failure_of(handle, "no descriptor", {"waiter": waiter}))
    return 0


cdef inline void touch(Handle handle, Touch what) noexcept:
    """Wake the sleepers that can go on and tell the watches. Called with the lock."""
    cdef EventsRead look
    look.done = False
    tell(handle, what, &look)


cdef void tell(Handle handle, Touch what, EventsRead *look) noexcept:
    """As touch, by a look at EVENTS that the caller goes by as well, if it has had one.

    To read EVENTS takes the signal of all that has come. So whatever goes by EVENTS has one read of
    them, and tells others by it: what came between two reads would be lost to the caller.

    The owner of a watch may be about to go: until it has taken its watch out, which needs the lock,
    its memory is there, but no reference to it may be made.
    """
    cdef Waiter *waiter = handle.waiters
    cdef Watch *watch = handle.watches
    cdef Watch *next
    while waiter != NULL:
        if waiter.sleeping and not waiter.woken and can_go_on(handle, look, what, waiter.events):
            waiter.woken = True
            ohmq_waker_wake(&waiter.waker)
        waiter = waiter.next
    while watch != NULL:
        next = watch.next
        if not ohmq_load_int(<int *> watch.sleeping) or can_go_on(handle, look, what, watch.events):
            watch.touched(watch, what)
        watch = next


cdef void watch_add(Handle handle, Watch *watch) noexcept:
    ohmq_lock_acquire(&handle.lock)
    watch.previous = NULL
    watch.next = handle.watches
    if handle.watches != NULL:
        handle.watches.previous = watch
    handle.watches = watch
    ohmq_lock_release(&handle.lock)


cdef void watch_remove(Handle handle, Watch *watch) noexcept:
    """Have a watch told no more: when this returns, no thread is telling it."""
    cdef bint locked = ohmq_lock_to_leave(&handle.lock)
    if watch.previous != NULL:
        watch.previous.next = watch.next
    elif handle.watches == watch:
        handle.watches = watch.next
    if watch.next != NULL:
        watch.next.previous = watch.previous
    watch.next = watch.previous = NULL
    if locked:
        ohmq_lock_release(&handle.lock)


# ---- closing ------------------------------------------------------------------------------------

cdef inline int close_socket(Handle handle, void *ptr) noexcept:
    """Close the socket that a handle had."""
    ohmq_count(&_sockets_closed, 1)
    ohmq_signaler_close(handle.signaler)
    handle.signaler = NULL
    return zmq_close(ptr)


cdef int close_handle(Handle handle, object linger) except -1:
    """Close the socket: its waiters wake up to an error. Never blocks in libzmq."""
    cdef int value = linger if linger is not None else 0
    cdef void *ptr
    if handle.generation != ohmq_generation:
        # The child of a fork lets go of its copy; the socket is the parent's, and so is the lock.
        forget_socket(handle)
        return 0
    if not Py_IsInitialized():
        close_silently(handle, value if linger is not None else KEEP_LINGER)
        return 0
    ohmq_lock_acquire(&handle.lock)
    while handle.claimed != NULL:
        relay = handle.extras.relay
        ohmq_lock_release(&handle.lock)
        relay._end()
        ohmq_lock_acquire(&handle.lock)
    ptr = handle.ptr
    if ptr == NULL:
        ohmq_lock_release(&handle.lock)
        return 0
    if linger is not None:
        # A linger that libzmq refuses is no reason to leave a socket open: that would be a hang.
        zmq_setsockopt(ptr, ZMQ_LINGER, &value, sizeof(value))
    note_lingering(handle)
    # libzmq gives up the names later, in its own time; a program may want one again at once.
    for name in inproc_names(handle) or ():
        zmq_unbind(ptr, <bytes> name)
    forget_socket(handle)
    touch(handle, CLOSED)
    drop_unread(handle)
    if monitor_of(handle):
        end_streams(monitor_of(handle))
    ohmq_lock_release(&handle.lock)
    check(close_socket(handle, ptr))
    if handle.extras is not None and handle.extras.ends:
        end_monitor_of(handle)
    if ohmq_load_int(&_tracking) and handle.inproc:
        inproc_changed(handle, True)
    return 0
