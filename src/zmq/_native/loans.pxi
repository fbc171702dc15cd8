# Buffers lent to libzmq, and getting them back (rule 6: libzmq's threads never touch Python).

# Held to start the loan thread. The first two are read without it, and written last.
cdef ohmq_lock _loan_thread_lock
# The generation (see platform.h) in which the loan thread was started; a fork loses it.
cdef int _loan_thread_generation = -1
cdef int _loan_thread_runs = 0
cdef int _loans_generation = 0
cdef int _loan_thread_stops = 0


cdef object new_event():
    """A threading.Event; the module is imported when the first one is needed."""
    from threading import Event
    return Event()


cdef int lend(object data, zmq_msg_t *msg, object event) except -1:
    """Make msg of data's buffer without copying it; event (or None) is set when it is free."""
    cdef ohmq_loan *loan
    start_loan_thread()
    collect_returned()
    loan = <ohmq_loan *> malloc(sizeof(ohmq_loan))
    if loan == NULL:
        raise MemoryError
    loan.event = NULL
    try:
        PyObject_GetBuffer(data, &loan.view, PyBUF_ANY_CONTIGUOUS)
    except BaseException:
        free(loan)
        raise
    if zmq_msg_init_data(msg, loan.view.buf, loan.view.len, ohmq_loan_returned, loan) < 0:
        PyBuffer_Release(&loan.view)
        free(loan)
        raise MemoryError
    if event is not None:
        Py_INCREF(event)
        loan.event = <PyObject *> event
    return 0


cdef int collect_returned() except -1:
    """Release every buffer that libzmq has let go of; the loan thread sets their events.

    Setting an event runs Python code, which a signal handler that raises could break off: half set,
    its lock never given back. Handlers run in the main thread only.
    """
    cdef ohmq_loan *loan
    cdef ohmq_loan *next
    if not ohmq_loans_any():
        return 0
    loan = ohmq_loans_take()
    while loan != NULL:
        next = loan.next
        PyBuffer_Release(&loan.view)
        if loan.event == NULL:
            free(loan)
        else:
            ohmq_loan_ended(loan)
        loan = next
    if ohmq_loans_any_ended():
        if ohmq_load_int(&_loan_thread_runs):
            ohmq_waker_wake(&ohmq_loan_waker)
        else:
            set_events()
    return 0


cdef int set_events() except -1:
    """Set the events of the loans that have ended."""
    cdef ohmq_loan *loan
    cdef ohmq_loan *left = ohmq_loans_take_ended()
    try:
        while left != NULL:
            loan, left = left, left.next
            event = <object> loan.event
            Py_DECREF(event)
            free(loan)
            event.set()
    finally:
        while left != NULL:  # a signal handler has raised
            loan, left = left, left.next
            ohmq_loan_ended(loan)
    return 0


def collect_loans() -> None:
    """Release the buffers that libzmq has let go of since the last time."""
    collect_returned()


cdef int start_loan_thread() except -1:
    """Start the thread that drains while the program is idle, once in a process."""
    global _loans_generation
    if ohmq_load_int(&_loan_thread_generation) == ohmq_generation:
        return 0
    ohmq_lock_acquire(&_loan_thread_lock)
    if _loan_thread_generation != ohmq_generation:
        if _loans_generation != ohmq_generation:
            ohmq_loans_take()  # after a fork: what was lent is the parent's
            _loans_generation = ohmq_generation
        # Where no descriptor is left later sends drain, and try this again.
        if ohmq_waker_open(&ohmq_loan_waker) == 0:
            # Not by _thread: gevent and eventlet may have made that start greenlets. Where no
            # thread can be had later sends drain.
            ohmq_store_int(&_loan_thread_runs, not ohmq_load_int(&_loan_thread_stops))
            if (ohmq_load_int(&_loan_thread_runs)
                    and PyThread_start_new_thread(collect_when_idle, NULL) == -1):
                ohmq_store_int(&_loan_thread_runs, 0)
            ohmq_store_int(&_loan_thread_generation, ohmq_generation)
    ohmq_lock_release(&_loan_thread_lock)
    return 0


cdef void collect_when_idle(void *argument) noexcept with gil:
    """Body of the loan thread: asleep until something comes back, then a moment behind.

    The moment lets a busy program collect by itself, in its next send: no contention for the GIL.
    """
    cdef ohmq_interest interest
    interest.fd = ohmq_loan_waker.read_fd
    interest.events = ZMQ_POLLIN
    while not ohmq_load_int(&_loan_thread_stops):
        with nogil:
            ohmq_wait(&interest, 1, -1)
            ohmq_waker_clear(&ohmq_loan_waker)
            if not ohmq_load_int(&_loan_thread_stops):
                ohmq_wait(&interest, 0, ohmq_now() + 2000000)
        collect_returned()
        set_events()
    ohmq_store_int(&_loan_thread_runs, 0)


cdef int stop_loan_thread() except -1:
    """End the loan thread: the interpreter ends, and would break it off wherever it is."""
    cdef int i
    ohmq_store_int(&_loan_thread_stops, 1)
    if has_loan_thread_ended():
        return 0
    ohmq_waker_wake(&ohmq_loan_waker)
    # It needs the GIL to end. Some milliseconds do, but it may be setting an event.
    for i in range(500):
        if has_loan_thread_ended():
            break
        with nogil:
            ohmq_wait(NULL, 0, ohmq_now() + 1000000)
    return 0


cdef inline bint has_loan_thread_ended() noexcept:
    """Whether no thread of this process releases buffers."""
    return (not ohmq_load_int(&_loan_thread_runs)
            or ohmq_load_int(&_loan_thread_generation) != ohmq_generation)


def has_loan_thread() -> bool:
    """Whether a thread releases buffers; where there is none, collect_loans() has to."""
    return (ohmq_load_int(&_loan_thread_runs) != 0
            or ohmq_load_int(&_loan_thread_generation) != ohmq_generation)
