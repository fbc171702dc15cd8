# Methods that a subclass has replaced: sockets of other libraries override send and recv only, and
# count on all else to go through them.

# The methods before a program replaces them; set in methods.pxi.
cdef object _native_send = None
cdef object _native_recv = None


cdef inline bint overridden(object instance, object name, object native) except -1:
    if not ohmq_class_has(<type> type(instance), name, <PyObject *> native):
        return True
    own = own_dict(instance)
    return own is not None and name in own


def overrides(instance, str name, type base):
    """Return whether a subclass of base, or the object itself, has a method in place of base's."""
    return overridden(instance, name, class_attribute(base, name))


cdef inline object class_attribute(type cls, object name):
    """The attribute that a class has under a name, or None."""
    return given_reference(ohmq_class_attribute(cls, name))


cdef inline dict own_dict(object instance):
    """The __dict__ of an object, or None where it has none (yet)."""
    return given_reference(ohmq_dict_of(instance))


cdef inline object given_reference(PyObject *given):
    """The object of a new reference, which C code has given; None for NULL."""
    if given == NULL:
        return None
    thing = <object> given
    Py_DECREF(thing)
    return thing


cdef object send_each(object socket, list parts, object flags, bint copy, bint track,
                      dict kwargs):
    if not parts:
        raise IndexError("a multipart message has at least one part: the list is empty")
    check_parts(parts, (<Socket> socket).handle)
    last = parts.pop()
    for part in parts:
        socket.send(part, ZMQ_SNDMORE | flags, copy=copy, track=track, **kwargs)
    return socket.send(last, flags, copy=copy, track=track, **kwargs)


cdef object send_many_each(object socket, list messages, object flags):
    sent = 0
    for message in messages:
        try:
            if isinstance(message, (list, tuple)):
                socket.send_multipart(list(message), flags)
            else:
                socket.send(message, flags)
        except Exception as error:
            if getattr(error, "errno", None) == EAGAIN:
                break
            error.sent = sent
            raise
        sent += 1
    return sent


cdef list receive_each(object socket, object flags, bint copy, bint track):
    parts = [socket.recv(flags, copy=copy, track=track)]
    while socket.getsockopt(ZMQ_RCVMORE):
        parts.append(socket.recv(flags, copy=copy, track=track))
    return parts


cdef list receive_many_each(object socket, Py_ssize_t limit, object flags, bint multipart):
    if limit < 1:
        raise ValueError(f"limit is the number of messages to receive at most, not {limit}")
    receive = socket.recv_multipart if multipart else socket.recv
    received = [receive(flags)]
    while len(received) < limit:
        try:
            received.append(receive(flags | ZMQ_DONTWAIT))
        except Exception as error:
            if getattr(error, "errno", None) == EAGAIN:
                break
            raise
    return received
