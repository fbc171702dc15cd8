from __future__ import annotations

import copy
import ctypes
import enum
import errno
import operator
import pickle
import sys
from types import FunctionType

import pytest

import zmq._native
from helpers.libzmq import needs_shown
from zmq import constants
from zmq.constants import Errno, Event, Flag, PollEvent, SocketOption, SocketType

OF_THE_LIBRARY = (enum.Enum, enum.IntEnum, enum.IntFlag)
ENUMS = [
    value
    for value in vars(constants).values()
    if (isinstance(value, enum.EnumType) and value not in OF_THE_LIBRARY)
]
FLAGS = [Event, Flag, PollEvent]
MEMBERS = [member for kind in ENUMS for member in kind.__members__.values()]
PREFIXES = {
    "Event": "EVENT_",
    "NormMode": "NORM_",
    "ReconnectStop": "RECONNECT_STOP_",
    "RouterNotify": "NOTIFY_",
}

each_enum = pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)


def made_by_enum_type(kind):
    """Return the same enum, made without the short cut."""
    members = {name: int(member) for name, member in kind.__members__.items()}
    return kind.__mro__[1](kind.__name__, members, module=kind.__module__)


def described(value):
    """Return what can be compared between two enums that are not one."""
    if isinstance(value, enum.Enum):
        order = getattr(value, "_sort_order_", None)  # early 3.11s have none in flags
        return repr(value), str(value), value.name, value.value, hash(value), order
    if isinstance(value, dict):
        # Without what enums add when a program or's flags.
        return [
            (key, described(item))
            for key, item in value.items()
            if not isinstance(item, enum.Enum) or item.name in type(item).__members__
        ]
    return value


@pytest.fixture(autouse=True)
def enums_as_they_were_made():
    """Take from the enums what others have or'ed: Python keeps each combination in its class."""
    for kind in ENUMS:
        known = kind._value2member_map_
        for value, member in list(known.items()):
            if member.name not in kind.__members__ or int(member) != value:
                del known[value]


def test_there_are_thirteen_enums():
    assert len(ENUMS) == 13
    assert all(kind.__mro__[1] in (enum.IntEnum, enum.IntFlag) for kind in ENUMS)


@each_enum
def test_shortcut_leaves_the_attributes_that_enum_type_leaves(kind):
    own = {"_opt_type", "__new_member__"} if kind is SocketOption else set()
    own |= {"__bool__"} if kind in FLAGS else set()
    # Python writes these into a class made by a class statement only.
    own |= {"__doc__", "__annotations__", "__firstlineno__", "__static_attributes__"}
    ours, theirs = vars(kind), vars(made_by_enum_type(kind))
    assert ours.keys() - own == theirs.keys() - own
    for name in theirs.keys() - own:
        if not isinstance(ours[name], (FunctionType, staticmethod)):
            assert described(ours[name]) == described(theirs[name]), name


@each_enum
def test_shortcut_behaves_like_enum_type(kind):
    plain = made_by_enum_type(kind)
    assert kind.__mro__[1:] == plain.__mro__[1:]
    assert len(kind) == len(plain)
    assert list(map(described, kind)) == list(map(described, plain))
    assert list(map(described, reversed(kind))) == list(map(described, reversed(plain)))
    assert dir(kind) == dir(plain)
    assert described(dict(kind.__members__)) == described(dict(plain.__members__))


@each_enum
def test_numbers_are_found_by_in(kind):
    numbers = {int(member) for member in kind.__members__.values()}
    for number in range(-3, 300):
        if number in numbers:
            assert number in kind
            assert float(number) in kind
    assert "x" not in kind
    assert None not in kind
    if sys.version_info < (3, 12):
        # The enums of 3.11 raise for numbers; what they find is what those of 3.12 find.
        assert not any(number in kind for number in range(-3, 300) if number not in numbers)
        assert [] not in kind
        return
    plain = made_by_enum_type(kind)
    for number in [*range(-3, 300), 9999, 0x10000011, 2.5]:
        assert (number in kind) == (number in plain), number


def test_a_combination_of_flags_is_no_member_of_its_enum():
    assert constants.POLLIN | constants.POLLOUT in PollEvent
    assert constants.POLLIN in PollEvent
    assert constants.RCVHWM not in SocketType


@each_enum
def test_members_are_found_again(kind):
    for name, member in kind.__members__.items():
        assert kind[name] is member
        assert kind(int(member)) is member
        assert getattr(kind, name) is member
        assert member in kind
        assert copy.deepcopy(member) is member
        assert pickle.loads(pickle.dumps(member)) is member


@pytest.mark.parametrize(
    "kind",
    [kind for kind in ENUMS if isinstance(kind, constants._QuickEnumType)],
    ids=lambda kind: kind.__name__,
)
def test_enums_are_closed(kind):
    with pytest.raises(AttributeError):
        setattr(kind, next(iter(kind.__members__)), 1)
    with pytest.raises(TypeError):
        type("More", (kind,), {})
    if issubclass(kind, enum.IntEnum):
        with pytest.raises(ValueError, match=f"987654 is not a valid {kind.__name__}"):
            kind(987654)


each_flags = pytest.mark.parametrize("kind", FLAGS)


@each_flags
@pytest.mark.parametrize("combine", [operator.and_, operator.or_, operator.xor])
def test_operators_of_flags_give_what_those_of_enum_type_give(kind, combine):
    plain = made_by_enum_type(kind)
    members = [(kind[name], plain[name]) for name in kind.__members__]
    others = [0, 1, True, -1, 6, 1 << 40, -(1 << 63), 1 << 63, -(1 << 70), 2.0, "x", None]
    others.append(constants.REQ)
    pairs = [(a, b) for a, _ in members for b in others]
    pairs += [(b, a) for a, b in pairs] + [(a, b) for a, _ in members for b, _ in members]
    same = {id(ours): theirs for ours, theirs in members}
    for left, right in pairs:
        ours = outcome(combine, left, right)
        theirs = outcome(combine, same.get(id(left), left), same.get(id(right), right))
        assert ours == theirs, (left, right)


def outcome(call, *args):
    """Return what can be compared of a result, or of the error in its place."""
    try:
        result = call(*args)
    except TypeError as error:
        return str(error)
    return type(result).__name__, repr(result), int(result), bool(result)


def test_the_result_of_an_operator_is_the_member_or_the_one_that_python_keeps():
    assert constants.POLLIN & 1 is constants.POLLIN
    assert 3 & constants.POLLIN is constants.POLLIN
    assert constants.POLLIN | constants.POLLOUT is PollEvent(3)
    assert PollEvent.__and__(constants.POLLIN, 2) is PollEvent(0)
    with pytest.raises(TypeError, match="doesn't apply to a 'int' object"):
        PollEvent.__and__(1, 1)


@each_flags
def test_flags_combine_like_those_of_enum_type(kind):
    plain = made_by_enum_type(kind)
    for number in [*range(32), 0x10000011, 0xFFFF, 0x1FFFF, -1]:
        ours, theirs = kind(number), plain(number)
        assert (repr(ours), str(ours)) == (repr(theirs), str(theirs))
        assert repr(~ours) == repr(~theirs)
        assert list(map(described, ours)) == list(map(described, theirs))


@each_enum
def test_each_member_is_a_name_of_the_module(kind):
    prefix = PREFIXES.get(kind.__name__, "")
    for name, member in kind.__members__.items():
        full = name if name.startswith("PROTOCOL_ERROR_") else prefix + name
        assert getattr(constants, full) is member
        assert full in constants.__all__


def test_all_names_the_enums_and_the_members_and_little_else():
    assert len(constants.__all__) == len(set(constants.__all__))
    assert len(constants.__all__) == len(ENUMS) + len(MEMBERS) + len(OF_THE_LIBRARY)
    # As in PyZMQ.
    assert {kind.__name__ for kind in OF_THE_LIBRARY} <= set(constants.__all__)
    assert {kind.__name__ for kind in ENUMS} <= set(constants.__all__)


def test_representation():
    assert repr(constants.POLLIN) == "<PollEvent.POLLIN: 1>"
    assert repr(constants.POLLIN | constants.POLLOUT) == "<PollEvent.POLLIN|POLLOUT: 3>"
    assert repr(constants.NOBLOCK | constants.SNDMORE) == "<Flag.DONTWAIT|SNDMORE: 3>"
    assert repr(constants.XREQ) == "<SocketType.DEALER: 5>"
    assert f"{constants.DEALER}" == str(SocketType.DEALER) == "5"


def test_errors_have_the_numbers_of_the_platform():
    named = [member for member in Errno if hasattr(errno, member.name)]
    assert Errno.EAGAIN in named
    for member in named:
        assert member == getattr(errno, member.name)
    assert Errno.ETERM == 156384712 + 53


def test_option_kinds():
    kinds = {int(option): option._kind for option in SocketOption}
    assert set(kinds.values()) == {"int", "int64", "uint64", "bytes", "fd"}
    assert SocketOption.LINGER._opt_type == kinds[constants.LINGER] == "int"
    assert SocketOption.MAXMSGSIZE._opt_type == "int64"
    assert SocketOption.AFFINITY._opt_type == "int64"
    assert kinds[constants.AFFINITY] == "uint64"
    assert SocketOption.IDENTITY._opt_type == "bytes"
    assert [option for option in SocketOption if option._opt_type == "fd"] == [constants.FD]


@needs_shown
def test_option_kinds_have_the_sizes_that_libzmq_accepts():
    lib = ctypes.CDLL(zmq._native.__file__)
    lib.zmq_ctx_new.restype = lib.zmq_socket.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.zmq_ctx_new())
    sizes = {"int": 4, "int64": 8, "uint64": 8, "fd": 4}
    seen = set()
    try:
        for socket_type in (constants.ROUTER, constants.XPUB, constants.SUB):
            socket = ctypes.c_void_p(lib.zmq_socket(context, int(socket_type)))
            for option in SocketOption:
                for given in (4, 8):
                    buffer, size = ctypes.create_string_buffer(given), ctypes.c_size_t(given)
                    rc = lib.zmq_getsockopt(socket, int(option), buffer, ctypes.byref(size))
                    if rc == 0 and option._opt_type != "bytes":
                        assert size.value == sizes[option._opt_type], option
                        seen.add(option)
            lib.zmq_close(socket)
    finally:
        lib.zmq_ctx_term(context)
    assert {constants.AFFINITY, constants.FD, constants.LINGER, constants.MAXMSGSIZE} <= seen
