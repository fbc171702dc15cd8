# The end of the process: what programs have sent by then still leaves.
#
# Exit handlers that a program registered before it imported zmq run after all of ours, and so do
# the finalizers of its objects; their sockets have to be open still. So nothing is closed before
# the interpreter clears its last module. By then this is the only thread that can run Python, and
# others may have ended in the middle of a call: no lock is waited for without end, no waiter is
# woken.

# From begin_exit() on: the contexts, which would go with their last reference.
cdef list _kept_contexts = None


def begin_exit() -> None:
    """The interpreter is about to end: contexts that are left stay known until it does.

    Their sockets stay open. Loans are released from now on where a thread asks for it, and not by a
    thread, which the interpreter would break off.
    """
    keep_contexts()
    stop_loan_thread()


cdef int keep_contexts() except -1:
    global _kept_contexts
    if _kept_contexts is None:
        _kept_contexts = []
        for handle in open_contexts():
            keep_context(handle)
    return 0


cdef int keep_context(ContextHandle handle) except -1:
    """Keep a context, once the interpreter is about to end."""
    if _kept_contexts is not None:
        _kept_contexts.append(handle)
    return 0


def finish(double timeout) -> None:
    """Close all sockets, and give what they hold some seconds to leave.

    Nothing can be sent afterwards, and no other thread can be using the sockets still: for the end
    of a process.
    """
    finish_contexts(timeout)


cdef int finish_contexts(double timeout) except -1:
    # Not by names of the module: they may be gone.
    cdef ContextHandle handle
    cdef int64_t deadline = ohmq_now() + <int64_t> (timeout * 1e9)
    cdef list ending = []
    keep_contexts()
    for handle in _kept_contexts:
        if handle.owned and handle.generation == ohmq_generation and context_at(handle) != NULL:
            if terminator_of(handle) == NULL and close_sockets_of(handle):
                start_terminator(handle)
                ending.append(handle)
    for handle in ending:
        await_terminator(terminator_of(handle), deadline)
    return 0


cdef bint close_sockets_of(ContextHandle context) except -1:
    """Close the sockets of a context; False where a device still has some."""
    cdef Handle handle
    handles = [handle for handle in open_handles() if (<Handle> handle).context is context]
    for handle in handles:
        # While Python goes on, for exit hooks of others, a device may still be at work.
        if ohmq_load_pointer(&handle.claimed) != NULL and Py_IsInitialized():
            return False
    closed = True
    for handle in handles:
        closed = close_silently(handle, KEEP_LINGER) and closed
    return closed


cdef bint close_silently(Handle handle, int linger) noexcept:
    """Close a socket without a word to those that wait for it; False where it is not to be had."""
    cdef int64_t until = ohmq_now() + LOCK_NS
    cdef void *ptr
    if (ohmq_load_pointer(&handle.claimed) != NULL
            and not (<Relay> handle.extras.relay).abandon()):
        return False
    while not ohmq_lock_try(&handle.lock):
        if ohmq_now() > until:
            return False  # of a thread that ended inside: what that socket holds is lost
        ohmq_yield()
    ptr = handle.ptr if handle.claimed == NULL else handle.claimed
    forget_socket(handle)
    ohmq_lock_release(&handle.lock)
    if ptr != NULL:
        if linger != KEEP_LINGER:
            zmq_setsockopt(ptr, ZMQ_LINGER, &linger, sizeof(linger))
        close_socket(handle, ptr)
    return True


cdef void await_terminator(Terminator *terminator, int64_t deadline) noexcept nogil:
    cdef ohmq_interest interest
    interest.fd = terminator.done_waker.read_fd
    interest.events = ZMQ_POLLIN
    while not ohmq_load_int(&terminator.done) and ohmq_now() < deadline:
        ohmq_wait(&interest, 1, deadline)


cdef class Finisher:
    """Calls finish() when it goes: to be kept where the interpreter clears last."""

    def __init__(self, double timeout):
        self.timeout = timeout

    def __dealloc__(self):
        if Py_IsInitialized():
            return  # that place was cleared in the middle of a program
        try:
            finish_contexts(self.timeout)
        except BaseException:
            pass  # nothing is left that could be told
