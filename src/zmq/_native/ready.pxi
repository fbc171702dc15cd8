# Futures that have their result when the call returns: cheaper than asyncio's own, which they are,
# and what a receive has taken goes back if no program has looked at it (rule 4).
#
# A Ready future is a future of asyncio that is not initialised: `await` takes the value without
# that. Whatever else a program wants of it, by an attribute, initialises it first.
#
# This leans on three things of CPython, all of them in set_ready() and future_of():
# - slots of a class that Python code has made may be replaced, if PyType_Modified() follows;
# - an entry of __slots__ is a PyMemberDescrObject, which has the offset in the instance;
# - asyncio.Future.__new__ leaves the instance empty, and __init__ may be called later.

cdef object _future = None        # asyncio.Future
cdef object _ready = None         # its subclass, zmq.loops.futures.Ready
cdef Py_ssize_t _taken_at = 0     # where a Ready future has its Taken
cdef tuple _nothing = ()
# What a program sees the result by.
cdef frozenset _seen_by = frozenset(("result", "_result", "__await__", "__iter__"))


@cython.final
@cython.freelist(64)
@cython.no_gc_clear  # what it has taken goes back when it goes
cdef class Taken:
    """The result of a Ready future, and what goes back with it; and what `await` iterates over."""

    def __dealloc__(self):
        if self.handle is not None:
            put_back_taken(self)

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        self.handle = None
        if self.gives_way:
            self.gives_way = False
            return None
        raise StopIteration(self.value)


cdef int put_back_taken(Taken taken) except -1:
    parts = taken.value if taken.parts is None else taken.parts
    try:
        put_back_received(taken.handle, parts, taken.more, taken.mores, taken.order)
    except Exception:
        pass  # a socket that was closed has dropped what was not received, and this with it
    return 0


cdef inline object never_emptied(object parts):
    """The value in a form that the garbage collector does not empty."""
    if type(parts) is not list:
        return parts
    if type(parts[0]) is not list:
        return tuple(parts)
    return tuple([tuple(message) for message in parts])


cdef PySendResult send_to_taken(PyObject *taken, PyObject *value, PyObject **result) noexcept:
    """Give what __next__ does, without an exception."""
    cdef Taken self = <Taken> taken
    self.handle = None
    if self.gives_way:
        self.gives_way = False
        Py_INCREF(None)
        result[0] = <PyObject *> None
        return PYGEN_NEXT
    Py_INCREF(self.value)
    result[0] = <PyObject *> self.value
    return PYGEN_RETURN


cdef inline PyObject **taken_of(object future) noexcept:
    return <PyObject **> (<char *> <PyObject *> future + _taken_at)


cdef object taken_by_await(object future):
    cdef Taken taken = <Taken> taken_of(future)[0]
    if not taken.made or taken.gives_way:
        return taken
    taken.handle = None
    return (<SlotsOfType *> <PyObject *> _future).tp_as_async.am_await(future)


cdef int initialise(object future, Taken taken) except -1:
    taken.made = True
    _future.__init__(future, loop=taken.loop)
    _future.set_result(future, taken.value)
    return 0


cdef inline int need_initialised(object future) except -1:
    cdef PyObject *found = taken_of(future)[0]
    if found != NULL and not (<Taken> found).made:
        initialise(future, <Taken> found)
    return 0


cdef object attribute_of_ready(object future, object name):
    need_initialised(future)
    if name in _seen_by and taken_of(future)[0] != NULL:
        (<Taken> taken_of(future)[0]).handle = None
    try:
        return PyObject_GenericGetAttr(future, name)
    except AttributeError:
        return type(future).__getattr__(future, name)


cdef int set_attribute_of_ready(object future, object name, PyObject *value) except -1:
    need_initialised(future)
    return PyObject_GenericSetAttr(future, name, value)


cdef object repr_of_ready(object future):
    need_initialised(future)
    return (<SlotsOfType *> <PyObject *> _future).tp_repr(future)


def set_ready(future, ready):
    """Take asyncio's class of futures, and a subclass with the slot `_taken` for Ready ones."""
    global _future, _ready, _taken_at
    cdef SlotsOfType *slots = <SlotsOfType *> <PyObject *> ready
    _future, _ready, _taken_at = future, ready, ohmq_offset_of(ready.__dict__["_taken"])
    slots.tp_as_async.am_await = slots.tp_iter = taken_by_await
    slots.tp_repr = repr_of_ready
    slots.tp_getattro = attribute_of_ready
    slots.tp_setattro = set_attribute_of_ready
    (<SlotsOfType *> <PyObject *> Taken).tp_as_async.am_send = send_to_taken
    PyType_Modified(ready)


cdef inline Taken new_taken(object loop, object value):
    cdef Taken taken = Taken.__new__(Taken)
    taken.loop = loop
    taken.value = value
    return taken


cdef inline object future_of(Taken taken):
    cdef SlotsOfType *slots = <SlotsOfType *> <PyObject *> _ready
    future = slots.tp_new(<PyTypeObject *> slots, _nothing, NULL)
    Py_INCREF(taken)
    taken_of(future)[0] = <PyObject *> taken
    return future


cdef inline Taken new_received(object loop, NativeEngine engine, object value, object parts):
    cdef Taken taken = new_taken(loop, value)
    if type(parts) is list:
        parts = never_emptied(parts)
    if parts is not value:
        taken.parts = parts
    taken.more, taken.order = engine.received.more, engine.received.order
    taken.handle = engine.handle
    return taken


def ready_future(loop, value, gives_way=False):
    """A future that has its result; gives_way: to await it lets others run before."""
    cdef Taken taken = new_taken(loop, value)
    taken.gives_way = gives_way
    return future_of(taken)


def received_future(loop, NativeEngine engine not None, value, parts=None, mores=None):
    """The future of what an engine has just received, which goes back if no program looks at it."""
    cdef Taken taken = new_received(loop, engine, value, value if parts is None else parts)
    taken.mores = None if mores is None else tuple(mores)
    return future_of(taken)


def put_back_ready(future) -> bool:
    """Give back what a Ready future has taken and no program has seen; False for nothing."""
    cdef Taken taken = <Taken> taken_of(future)[0]
    if taken.handle is None:
        return False
    put_back_taken(taken)
    taken.handle = None
    return True


def convert_ready(future, convert):
    """A Ready future with what a function makes of its result; what goes back stays the same."""
    cdef Taken taken = <Taken> taken_of(future)[0]
    cdef Taken other
    try:
        value = convert(taken.value)
    except BaseException:
        taken.handle = None  # as for the blocking call, the message is received
        raise
    if taken.parts is None:
        taken.parts = taken.value
    if not taken.made:
        taken.value = value
        return future
    other = new_taken(taken.loop, value)
    other.parts, other.mores, other.more = taken.parts, taken.mores, taken.more
    other.order, other.handle, taken.handle = taken.order, taken.handle, None
    return future_of(other)
