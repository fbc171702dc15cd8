# Options as attributes, and attributes of subclasses.


cdef inline bint is_own_attribute(object instance, object name) except -1:
    """Whether a class names the attribute in its annotations, or the instance has it already."""
    own = getattr(instance, "__dict__", None)
    if own is not None and name in own:
        return True
    for base in type(instance).__mro__:
        if name in base.__dict__.get("__annotations__", ()):
            return True
    return False


def keep_attributes(type cls):
    """Have a subclass look attributes up, and set them, as its base does.

    Python gives a class whose base has __getattr__ a slot that looks for that method by name at
    every access of any attribute; the base's own slot takes a third of the time. Likewise
    __setattr__, as it stands in the dictionary of the base with names for its arguments.
    """
    if not has_before_socket(cls, "__getattr__", "__getattribute__"):
        (<PyTypeObject *> cls).tp_getattro = (<PyTypeObject *> Socket).tp_getattro
    if not has_before_socket(cls, "__setattr__", "__delattr__"):
        (<PyTypeObject *> cls).tp_setattro = (<PyTypeObject *> Socket).tp_setattro
    PyType_Modified(cls)


cdef bint has_before_socket(type cls, str name, str other) except -1:
    """Whether a class, or one between it and Socket, has a method of its own."""
    cdef object base
    for base in cls.__mro__:
        if base is Socket:
            break
        if name in base.__dict__ or other in base.__dict__:
            return True
    return False


cdef object read_attribute(object socket, str key):
    number = _numbers.get(key.lower())
    if number is None:
        raise AttributeError(f"{type(socket).__name__} has no such option: {key.upper()}")
    return OptionAttribute(key, number).__get__(socket, None)
