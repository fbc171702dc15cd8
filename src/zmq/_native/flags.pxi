# The operators of flags: Python's enum takes a microsecond for each, in every program that writes
# `events & zmq.POLLIN`. The results are the same.

# Members and combinations of each class by their numbers, as the class itself keeps them.
cdef dict _known_flags = {}


cdef enum FlagOperator:
    AND = 0
    OR
    XOR


cdef object combine(object flag, object other, FlagOperator operator):
    cdef int overflows = 0
    cdef int other_overflows = 0
    cdef long long left, right
    if not isinstance(other, int):
        return NotImplemented
    left = PyLong_AsLongLongAndOverflow(flag, &overflows)
    right = PyLong_AsLongLongAndOverflow(other, &other_overflows)
    if overflows or other_overflows:
        number = (int.__and__, int.__or__, int.__xor__)[<int> operator](flag, other)
    elif operator == AND:
        number = left & right
    elif operator == OR:
        number = left | right
    else:
        number = left ^ right
    found = (<dict> _known_flags[type(flag)]).get(number)
    return type(flag)(number) if found is None else found


def _and(self, other):
    return combine(self, other, AND)


def _or(self, other):
    return combine(self, other, OR)


def _xor(self, other):
    return combine(self, other, XOR)


def define_flags(*classes):
    """Take the classes of flags that zmq.constants has, and give them quick operators."""
    for cls in classes:
        _known_flags[cls] = cls._value2member_map_
        cls.__bool__ = int.__bool__
        for word, function in (("and", _and), ("or", _or), ("xor", _xor)):
            name = f"__{word}__"
            shaped = ohmq_method_new(function, cls, name, f"{cls.__name__}.{name}", cls.__module__)
            ohmq_set_in_class(<PyTypeObject *> cls, name, shaped)
            ohmq_set_in_class(<PyTypeObject *> cls, f"__r{word}__", shaped)
