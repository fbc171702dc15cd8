# The handles that exist, oldest first: a list that runs through the handles themselves.
#
# The list has no references: a handle that goes takes itself out. So what is in the list has its
# memory still. Whether a reference to it may be made is said by try_reference().
#
# The lock is held for a few steps, in which no Python code runs and the GIL is not given up. So a
# thread that has the GIL never finds it taken; without the GIL it keeps threads from each other.

from _weakref import ref as _weak_reference

cdef HandleList _handles


cdef inline bint enter_list() noexcept:
    """Take the lock of the list; False where the interpreter has ended, and it is not to be had.

    In the child of a fork the list begins anew: its handles are the parent's, and the thread that
    was changing it then may not be there.
    """
    if not ohmq_lock_to_leave(&_handles.lock):
        return False
    if _handles.generation != ohmq_generation:
        _handles.first = _handles.last = NULL
        _handles.n = 0
        _handles.generation = ohmq_generation
    return True


cdef int list_handle(Handle handle) except -1:
    """Add a handle, which is removed when it goes."""
    if OHMQ_FREE_THREADED:
        handle.known_as = _weak_reference(handle)
    if not enter_list():
        return 0
    handle.previous = _handles.last
    if handle.previous != NULL:
        (<Handle> handle.previous).next = <void *> handle
    else:
        _handles.first = <void *> handle
    _handles.last = <void *> handle
    _handles.n += 1
    ohmq_lock_release(&_handles.lock)
    return 0


cdef inline void unlist_handle(Handle handle) noexcept:
    """Remove a handle that goes, if it is in the list: one of a parent process is not."""
    if not enter_list():
        return
    if (handle.generation == _handles.generation
            and (handle.previous != NULL or _handles.first == <void *> handle)):
        if handle.previous != NULL:
            (<Handle> handle.previous).next = handle.next
        else:
            _handles.first = handle.next
        if handle.next != NULL:
            (<Handle> handle.next).previous = handle.previous
        else:
            _handles.last = handle.previous
        _handles.n -= 1
    ohmq_lock_release(&_handles.lock)


cdef inline PyObject *try_reference(void *listed) noexcept:
    """A new reference to a handle of the list, or NULL for one that is about to go.

    Called with the lock. With the GIL, a handle whose last reference goes is off the list before
    any other thread runs. Without the GIL a weak reference tells: those are cleared first of all.
    """
    if OHMQ_FREE_THREADED:
        return ohmq_strong_reference(<PyObject *> (<Handle> listed).known_as)
    Py_INCREF(<Handle> listed)
    return <PyObject *> listed


cdef list open_handles():
    """Handles of the sockets that are open in this process, oldest first."""
    cdef PyObject **found
    cdef Py_ssize_t n = 0
    cdef Py_ssize_t i
    cdef void *listed
    cdef list handles = []
    if not enter_list():
        return handles
    # References first: a list of Python's, as it grows, may start the garbage collector.
    found = <PyObject **> malloc((_handles.n + 1) * sizeof(PyObject *))
    listed = _handles.first if found != NULL else NULL
    while listed != NULL:
        found[n] = try_reference(listed)
        n += found[n] != NULL
        listed = (<Handle> listed).next
    ohmq_lock_release(&_handles.lock)
    if found == NULL:
        raise MemoryError
    try:
        for i in range(n):
            if is_open(<Handle> found[i]):
                handles.append(<Handle> found[i])
    finally:
        for i in range(n):
            Py_DECREF(<Handle> found[i])
        free(found)
    return handles
