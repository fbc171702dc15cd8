# The methods of our classes, in the shape of Python's functions: see method.h.

cdef int shape_methods(type cls, str known_as, str module) except -1:
    """Put a method in place of each function of a class, as of the class that programs know."""
    cdef object shaped
    made = {}
    for name, function in list(cls.__dict__.items()):
        if type(function) is not type(zmq_poll):
            continue
        if function not in made:  # not twice for the two names of one
            made[function] = ohmq_method_new(
                function, cls, function.__name__, f"{known_as}.{function.__name__}", module)
        shaped = made[function]
        ohmq_set_in_class(<PyTypeObject *> cls, name, shaped)
    return 0


def _getattr(self, key):
    """Read an option, by its name in any case of letters."""
    return read_attribute(<Socket?> self, key)


def _setattr(self, key, value):
    """Set an option, by its name in any case of letters, or an attribute of the object."""
    (<PyTypeObject *> Socket).tp_setattro(<Socket?> self, key, <PyObject *> value)


# What Python makes of these two has no names for its arguments. The slots stay as they are.
for _name, _function in (("__getattr__", _getattr), ("__setattr__", _setattr)):
    ohmq_set_in_class(<PyTypeObject *> Socket, _name,
                      ohmq_method_new(_function, Socket, _name, "Socket." + _name, __name__))
del _name, _function, _getattr, _setattr

for _cls in (Socket, Context, Frame, Poller, Relay):
    shape_methods(_cls, _cls.__name__, __name__)
shape_methods(FutureSocket, "Socket", "zmq.asyncio")
del _cls

_native_send = Socket.__dict__["send"]
_native_recv = Socket.__dict__["recv"]
