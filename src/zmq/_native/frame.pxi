# A message part as a Python object.


cdef object _tracker_class = None
cdef object _finished_tracker = None


def set_tracker_class(tracker_class, finished):
    """Register MessageTracker and the tracker that was done from the start."""
    global _tracker_class, _finished_tracker
    _tracker_class = tracker_class
    _finished_tracker = finished


cdef inline Frame new_frame():
    """A frame of the class that programs know."""
    cdef Frame frame = Frame.__new__(Frame)
    ohmq_frame_adopt(frame)
    return frame


def set_frame_class(type frame_class):
    """Register the class of the frames that recv gives: a class of Python that adds nothing."""
    ohmq_adopt_frame_class(<PyTypeObject *> Frame, <PyTypeObject *> frame_class)


# Names of the integer properties, in lower case; zmq.constants owns them.
cdef dict _frame_numbers = {}


def define_frame_options(numbers):
    """Take the names of message properties, as {name: number}."""
    for name, number in numbers.items():
        _frame_numbers[name.lower()] = number


cdef class Frame:
    """Frame(data=None, track=False, copy=None, copy_threshold=None)\n--\n
    One part of a message: all of :class:`zmq.Frame` but its place in a class that can be changed.
    """

    def __cinit__(self):
        zmq_msg_init(&self.msg)

    def __init__(self, data=None, track=False, copy=None, copy_threshold=None, **kwargs):
        # Other named arguments are accepted, and mean nothing.
        cdef Py_ssize_t threshold
        threshold = default_threshold() if copy_threshold is None else copy_threshold
        cdef object event = None
        if zmq_msg_size(&self.msg):
            raise TypeError("a Frame is made once: views of its memory may be in use")
        if data is None:
            if track:
                self.tracked_by = _finished_tracker
            return
        if isinstance(data, str):
            raise TypeError("a Frame holds bytes, not str: encode the text first")
        if track:
            event = new_event()
        if copy is False:
            threshold = 0
        elif copy:
            threshold = PY_SSIZE_T_MAX
        cdef zmq_msg_t msg
        zmq_msg_init(&msg)
        cdef bint lent = make_message(data, &msg, bool(copy), threshold, event)
        with cython.critical_section(self):
            if zmq_msg_size(&self.msg) == 0:
                zmq_msg_move(&self.msg, &msg)  # else another thread was first
            zmq_msg_close(&msg)
        self.fixed = lent and memoryview(data).readonly
        if track:
            if lent:
                self.tracker_event = event
                self.tracker = _tracker_class(event)
            else:
                self.tracker = _finished_tracker

    def __dealloc__(self):
        zmq_msg_close(&self.msg)
        Py_XDECREF(self.attributes)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        PyBuffer_FillInfo(buffer, self, zmq_msg_data(&self.msg), zmq_msg_size(&self.msg),
                          self.fixed, flags)

    def __len__(self):
        return zmq_msg_size(&self.msg)

    def __copy__(self):
        """Another frame of the same message part; the data are shared where they are large."""
        cdef Frame other = Frame.__new__(type(self))
        with cython.critical_section(self):
            zmq_msg_copy(&other.msg, &self.msg)
            other.cached_bytes = self.cached_bytes
            other.tracked_by = self.tracked_by
        own = own_dict(self)
        if own is not None:
            PyObject_GenericGetDict(other, NULL).update(own)
        other.more = self.more
        other.fixed = self.fixed
        return other

    def __bytes__(self):
        return self.bytes

    def __getattr__(self, key):
        number = _frame_numbers.get(key.lower())
        if number is None:
            raise AttributeError(f"{type(self).__name__} has no such option: {key.upper()}")
        value = zmq_msg_get(&self.msg, number)
        if value < 0:
            raise AttributeError(f"{key} cannot be read of this frame")
        return value

    def __setattr__(self, key, value):
        lowered = key.lower()
        if not ohmq_class_has(<type> type(self), key, NULL) or is_own_attribute(self, key):
            PyObject_GenericSetAttr(self, key, <PyObject *> value)
        elif lowered in _frame_numbers:
            self.set(_frame_numbers[lowered], value)
        else:
            raise AttributeError(f"{type(self).__name__} has no such option: {key.upper()}")

    def __getitem__(self, option):
        """A property of the part, as get gives it."""
        return self.get(option)

    def __repr__(self):
        size = len(self)
        shown = self.bytes if size <= 16 else memoryview(self)[:12].tobytes()
        if size <= 16:
            return f"<zmq.Frame({shown!r})>"
        unit = f"{size}B" if size < 1000 else f"{size // 1000}kB" if size < 1000000 else (
            f"{size // 1000000}MB")
        return f"<zmq.Frame({shown!r}...{unit})>"

    def __str__(self):
        return repr(self)

    @property
    def tracker(self):
        """The MessageTracker of the part, or None."""
        return tracker_of(self)

    @tracker.setter
    def tracker(self, tracker):
        with cython.critical_section(self):
            self.tracked_by = tracker

    @property
    def tracker_event(self):
        """The threading.Event that is set when libzmq has let go of the data, or None."""
        own = own_dict(self)
        return None if own is None else own.get("tracker_event")

    @tracker_event.setter
    def tracker_event(self, event):
        PyObject_GenericGetDict(self, NULL)["tracker_event"] = event

    @property
    def bytes(self) -> bytes:
        """The data as bytes; copied once, the first time it is asked for."""
        with cython.critical_section(self):
            if self.cached_bytes is None:
                self.cached_bytes = message_bytes(&self.msg, zmq_msg_size(&self.msg))
            return self.cached_bytes

    @property
    def buffer(self) -> memoryview:
        """The data as a memoryview; never copied."""
        # Cached by a weak reference: a strong one would be a cycle with the frame.
        with cython.critical_section(self):
            view = self.cached_buffer() if self.cached_buffer is not None else None
            if view is None:
                view = memoryview(self)
                self.cached_buffer = _weak_reference(view)
            return view

    def get(self, option):
        """Read a property of the part: an int option, or a name like "Peer-Address" or "group".

        See zmq_msg_get(3) and zmq_msg_gets(3).
        """
        cdef const char *text
        if isinstance(option, bytes):
            option = option.decode("utf-8", "replace")
        if isinstance(option, str):
            if option == "routing_id":
                need_routing_ids()
                return zmq_msg_routing_id(&self.msg)
            if option == "group":
                need_groups()
                return zmq_msg_group(&self.msg).decode("utf-8")
            text = zmq_msg_gets(&self.msg, option.encode("utf-8"))
            if text == NULL:
                fail(c_errno())
            return text.decode("utf-8")
        number = integer_of(option)
        if number is None:
            raise TypeError(f"a property is an int or a name, not {type(option).__name__}")
        return check(zmq_msg_get(&self.msg, number))

    def set(self, option, value) -> None:
        """Set a property of the part: an int option, "routing_id" or "group" (draft)."""
        with cython.critical_section(self):
            if option == "routing_id":
                set_routing_id(&self.msg, value)
            elif option == "group":
                set_group(&self.msg, value)
            else:
                check(zmq_msg_set(&self.msg, option, value))

    @property
    def routing_id(self) -> int:
        """The peer that sent the part, or shall get it: SERVER sockets (draft)."""
        return self.get("routing_id")

    @routing_id.setter
    def routing_id(self, value):
        self.set("routing_id", value)

    @property
    def group(self) -> str:
        """The group that the part belongs to: RADIO and DISH sockets (draft)."""
        return self.get("group")

    @group.setter
    def group(self, value):
        self.set("group", value)


cdef inline object tracker_of(Frame frame):
    with cython.critical_section(frame):
        return frame.tracked_by


cdef int give_frames_attributes() except -1:
    cdef Frame frame = Frame.__new__(Frame)
    return ohmq_frame_has_dict(
        <PyTypeObject *> Frame, <char *> &frame.attributes - <char *> <void *> frame)


give_frames_attributes()


cdef int need_groups() except -1:
    if not ohmq_have_groups():
        raise RuntimeError("this libzmq has no groups: it was built without its draft API")
    return 0


cdef int need_routing_ids() except -1:
    if not ohmq_have_routing_ids():
        raise RuntimeError("this libzmq has no routing ids on messages: it was built without its "
                           "draft API")
    return 0


cdef int set_group(zmq_msg_t *msg, object group) except -1:
    cdef bytes name = group.encode("utf-8") if isinstance(group, str) else bytes(group)
    need_groups()
    return check(zmq_msg_set_group(msg, name))


cdef int set_routing_id(zmq_msg_t *msg, object routing_id) except -1:
    need_routing_ids()
    return check(zmq_msg_set_routing_id(msg, routing_id))


cdef inline object message_bytes(zmq_msg_t *msg, Py_ssize_t size):
    """The data of a message part as new bytes; large ones are copied without the GIL."""
    if size < LARGE:
        return PyBytes_FromStringAndSize(<char *> zmq_msg_data(msg), size)
    return large_message_bytes(msg, size)


cdef object large_message_bytes(zmq_msg_t *msg, Py_ssize_t size):
    cdef char *source
    cdef char *target
    copied = PyBytes_FromStringAndSize(NULL, size)
    source = <char *> zmq_msg_data(msg)
    target = PyBytes_AS_STRING(copied)
    with nogil:
        memcpy(target, source, size)
    return copied
