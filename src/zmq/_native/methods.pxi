# The methods of our classes, in the shape of Python's functions: see method.h.

cdef extern from "method.h":
    object ohmq_method_new(object function, object name, object qualname, object module)
    int ohmq_set_in_class(PyTypeObject *cls, object name, object value) except -1


cdef int shape_methods(type cls) except -1:
    """Put a method in place of each function of a class."""
    cdef object shaped
    made = {}
    for name, function in list(cls.__dict__.items()):
        if type(function) is not type(zmq_poll):
            continue
        if function not in made:  # not twice for the two names of one
            made[function] = ohmq_method_new(
                function, function.__name__, function.__qualname__, __name__)
        shaped = made[function]
        ohmq_set_in_class(<PyTypeObject *> cls, name, shaped)
    return 0


def as_method(function, str qualname, str module):
    """A function of this module as a method of a class elsewhere."""
    return ohmq_method_new(function, qualname.rpartition(".")[2], qualname, module)


for _cls in (Socket, Context, Frame, Poller, Relay):
    shape_methods(_cls)
del _cls

_native_send = Socket.__dict__["send"]
_native_recv = Socket.__dict__["recv"]
