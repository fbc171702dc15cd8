"""Every constant of the library: its name, its number and, for socket options, its type.

This is the only place where any of them is written. The enums are IntEnum and IntFlag classes, so
a constant is an int wherever an int is wanted. Each member is a name of this module (and of `zmq`)
as well; those of Event, NormMode, ReconnectStop and RouterNotify get a prefix there.

Numbers are those of zmq.h; option types are those of zmq_setsockopt(3) and zmq_getsockopt(3).
An option that the loaded libzmq does not know is refused with EINVAL when it is used.
"""

from __future__ import annotations

import errno
from enum import Enum as Enum
from enum import EnumType
from enum import IntEnum as IntEnum
from enum import IntFlag as IntFlag

from zmq._enums import QuickEnumType as _QuickEnumType

TYPE_CHECKING = False  # importing typing's would take longer than all of `import zmq`
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    OptionKind: TypeAlias = Literal["int", "int64", "uint64", "bytes", "fd"]

# zmq.h numbers the errors that a platform lacks from here.
_HAUSNUMERO = 156384712


class ContextOption(IntEnum, metaclass=_QuickEnumType):
    """Options of a context, for `Context.get` and `Context.set`; zmq_ctx_set(3)."""

    IO_THREADS = 1
    MAX_SOCKETS = 2
    SOCKET_LIMIT = 3
    THREAD_PRIORITY = SOCKET_LIMIT
    THREAD_SCHED_POLICY = 4
    MAX_MSGSZ = 5
    MSG_T_SIZE = 6
    THREAD_AFFINITY_CPU_ADD = 7
    THREAD_AFFINITY_CPU_REMOVE = 8
    THREAD_NAME_PREFIX = 9


class SocketOption(IntEnum, metaclass=_QuickEnumType):
    """Options of a socket, for `Socket.get` and `Socket.set`; zmq_setsockopt(3).

    The word after a number is the type of the option's value: "int64", "uint64", "bytes" or "fd"
    (a file descriptor; on Windows a SOCKET). Where there is none it is a C int.
    """

    _kind: OptionKind
    _opt_type: OptionKind

    def __new__(cls, number: int, opt_type: OptionKind = "int") -> SocketOption:
        self = int.__new__(cls, number)
        self._value_ = number
        self._kind = opt_type
        # PyZMQ has one name for all that have 64 bits.
        self._opt_type = "int64" if opt_type == "uint64" else opt_type
        return self

    AFFINITY = 4, "uint64"
    ROUTING_ID = 5, "bytes"
    SUBSCRIBE = 6, "bytes"
    UNSUBSCRIBE = 7, "bytes"
    RATE = 8
    RECOVERY_IVL = 9
    SNDBUF = 11
    RCVBUF = 12
    RCVMORE = 13
    FD = 14, "fd"
    EVENTS = 15
    TYPE = 16
    LINGER = 17
    RECONNECT_IVL = 18
    BACKLOG = 19
    RECONNECT_IVL_MAX = 21
    MAXMSGSIZE = 22, "int64"
    SNDHWM = 23
    RCVHWM = 24
    MULTICAST_HOPS = 25
    RCVTIMEO = 27
    SNDTIMEO = 28
    LAST_ENDPOINT = 32, "bytes"
    ROUTER_MANDATORY = 33
    TCP_KEEPALIVE = 34
    TCP_KEEPALIVE_CNT = 35
    TCP_KEEPALIVE_IDLE = 36
    TCP_KEEPALIVE_INTVL = 37
    IMMEDIATE = 39
    XPUB_VERBOSE = 40
    ROUTER_RAW = 41
    IPV6 = 42
    MECHANISM = 43
    PLAIN_SERVER = 44
    PLAIN_USERNAME = 45, "bytes"
    PLAIN_PASSWORD = 46, "bytes"
    CURVE_SERVER = 47
    CURVE_PUBLICKEY = 48, "bytes"
    CURVE_SECRETKEY = 49, "bytes"
    CURVE_SERVERKEY = 50, "bytes"
    PROBE_ROUTER = 51
    REQ_CORRELATE = 52
    REQ_RELAXED = 53
    CONFLATE = 54
    ZAP_DOMAIN = 55, "bytes"
    ROUTER_HANDOVER = 56
    TOS = 57
    CONNECT_ROUTING_ID = 61, "bytes"
    GSSAPI_SERVER = 62
    GSSAPI_PRINCIPAL = 63, "bytes"
    GSSAPI_SERVICE_PRINCIPAL = 64, "bytes"
    GSSAPI_PLAINTEXT = 65
    HANDSHAKE_IVL = 66
    SOCKS_PROXY = 68, "bytes"
    XPUB_NODROP = 69
    BLOCKY = 70
    XPUB_MANUAL = 71
    XPUB_WELCOME_MSG = 72, "bytes"
    STREAM_NOTIFY = 73
    INVERT_MATCHING = 74
    HEARTBEAT_IVL = 75
    HEARTBEAT_TTL = 76
    HEARTBEAT_TIMEOUT = 77
    XPUB_VERBOSER = 78
    CONNECT_TIMEOUT = 79
    TCP_MAXRT = 80
    THREAD_SAFE = 81
    MULTICAST_MAXTPDU = 84
    VMCI_BUFFER_SIZE = 85, "int64"
    VMCI_BUFFER_MIN_SIZE = 86, "int64"
    VMCI_BUFFER_MAX_SIZE = 87, "int64"
    VMCI_CONNECT_TIMEOUT = 88
    USE_FD = 89
    GSSAPI_PRINCIPAL_NAMETYPE = 90
    GSSAPI_SERVICE_PRINCIPAL_NAMETYPE = 91
    BINDTODEVICE = 92, "bytes"

    # Names and options that libzmq has deprecated.
    HWM = 1
    IDENTITY = ROUTING_ID
    CONNECT_RID = CONNECT_ROUTING_ID
    TCP_ACCEPT_FILTER = 38, "bytes"
    IPC_FILTER_PID = 58
    IPC_FILTER_UID = 59
    IPC_FILTER_GID = 60
    IPV4ONLY = 31
    DELAY_ATTACH_ON_CONNECT = IMMEDIATE
    FAIL_UNROUTABLE = ROUTER_MANDATORY
    ROUTER_BEHAVIOR = ROUTER_MANDATORY

    # Draft options: in libzmq only when it was built with drafts.
    ZAP_ENFORCE_DOMAIN = 93
    LOOPBACK_FASTPATH = 94
    METADATA = 95, "bytes"
    MULTICAST_LOOP = 96
    ROUTER_NOTIFY = 97
    XPUB_MANUAL_LAST_VALUE = 98
    SOCKS_USERNAME = 99, "bytes"
    SOCKS_PASSWORD = 100, "bytes"
    IN_BATCH_SIZE = 101
    OUT_BATCH_SIZE = 102
    WSS_KEY_PEM = 103, "bytes"
    WSS_CERT_PEM = 104, "bytes"
    WSS_TRUST_PEM = 105, "bytes"
    WSS_HOSTNAME = 106, "bytes"
    WSS_TRUST_SYSTEM = 107
    ONLY_FIRST_SUBSCRIBE = 108
    RECONNECT_STOP = 109
    HELLO_MSG = 110, "bytes"
    DISCONNECT_MSG = 111, "bytes"
    PRIORITY = 112
    BUSY_POLL = 113
    HICCUP_MSG = 114, "bytes"
    XSUB_VERBOSE_UNSUBSCRIBE = 115
    TOPICS_COUNT = 116
    NORM_MODE = 117
    NORM_UNICAST_NACK = 118
    NORM_BUFFER_SIZE = 119
    NORM_SEGMENT_SIZE = 120
    NORM_BLOCK_SIZE = 121
    NORM_NUM_PARITY = 122
    NORM_NUM_AUTOPARITY = 123
    NORM_PUSH = 124


class SocketType(IntEnum, metaclass=_QuickEnumType):
    """Kinds of sockets, for `Context.socket`; zmq_socket(3)."""

    PAIR = 0
    PUB = 1
    SUB = 2
    REQ = 3
    REP = 4
    DEALER = 5
    ROUTER = 6
    PULL = 7
    PUSH = 8
    XPUB = 9
    XSUB = 10
    STREAM = 11
    XREQ = DEALER
    XREP = ROUTER
    SERVER = 12
    CLIENT = 13
    RADIO = 14
    DISH = 15
    GATHER = 16
    SCATTER = 17
    DGRAM = 18
    PEER = 19
    CHANNEL = 20


class Flag(IntFlag, metaclass=_QuickEnumType):
    """How to send or receive; zmq_msg_send(3), zmq_msg_recv(3)."""

    DONTWAIT = 1
    SNDMORE = 2
    NOBLOCK = DONTWAIT


class PollEvent(IntFlag, metaclass=_QuickEnumType):
    """Events to wait for, and events that have come: `Poller`, `Socket.poll`; zmq_poll(3)."""

    POLLIN = 1
    POLLOUT = 2
    POLLERR = 4
    POLLPRI = 8


class MessageOption(IntEnum, metaclass=_QuickEnumType):
    """Properties of a frame, for `Frame.get`; zmq_msg_get(3)."""

    MORE = 1
    SHARED = 3
    SRCFD = 2


class SecurityMechanism(IntEnum, metaclass=_QuickEnumType):
    """Security mechanisms, as the option MECHANISM gives them."""

    NULL = 0
    PLAIN = 1
    CURVE = 2
    GSSAPI = 3


class DeviceType(IntEnum, metaclass=_QuickEnumType):
    """Kinds of devices, for `zmq.device`."""

    STREAMER = 1
    FORWARDER = 2
    QUEUE = 3


class RouterNotify(IntEnum, metaclass=_QuickEnumType):
    """Which comings and goings a ROUTER reports, for ROUTER_NOTIFY (draft)."""

    CONNECT = 1
    DISCONNECT = 2


class ReconnectStop(IntEnum, metaclass=_QuickEnumType):
    """When to give up reconnecting, for RECONNECT_STOP (draft). Values may be added up."""

    CONN_REFUSED = 1
    HANDSHAKE_FAILED = 2
    AFTER_DISCONNECT = 4


class NormMode(IntEnum, metaclass=_QuickEnumType):
    """Congestion control of the norm transport, for NORM_MODE (draft)."""

    FIXED = 0
    CC = 1
    CCL = 2
    CCE = 3
    CCE_ECNONLY = 4


class Event(IntFlag, metaclass=_QuickEnumType):
    """Events of a monitor socket, and the codes of their errors; zmq_socket_monitor(3).

    Events are bits; codes are numbers, the values of HANDSHAKE_FAILED_PROTOCOL events.
    """

    CONNECTED = 0x0001
    CONNECT_DELAYED = 0x0002
    CONNECT_RETRIED = 0x0004
    LISTENING = 0x0008
    BIND_FAILED = 0x0010
    ACCEPTED = 0x0020
    ACCEPT_FAILED = 0x0040
    CLOSED = 0x0080
    CLOSE_FAILED = 0x0100
    DISCONNECTED = 0x0200
    MONITOR_STOPPED = 0x0400
    HANDSHAKE_FAILED_NO_DETAIL = 0x0800
    HANDSHAKE_SUCCEEDED = 0x1000
    HANDSHAKE_FAILED_PROTOCOL = 0x2000
    HANDSHAKE_FAILED_AUTH = 0x4000
    ALL_V1 = 0xFFFF
    ALL = ALL_V1
    PIPES_STATS = 0x10000
    ALL_V2 = 0x1FFFF

    PROTOCOL_ERROR_WS_UNSPECIFIED = 0x30000000
    PROTOCOL_ERROR_ZMTP_UNSPECIFIED = 0x10000000
    PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND = 0x10000001
    PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE = 0x10000002
    PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE = 0x10000003
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED = 0x10000011
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE = 0x10000012
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO = 0x10000013
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE = 0x10000014
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR = 0x10000015
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY = 0x10000016
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME = 0x10000017
    PROTOCOL_ERROR_ZMTP_INVALID_METADATA = 0x10000018
    PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC = 0x11000001
    PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH = 0x11000002
    PROTOCOL_ERROR_ZAP_UNSPECIFIED = 0x20000000
    PROTOCOL_ERROR_ZAP_MALFORMED_REPLY = 0x20000001
    PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID = 0x20000002
    PROTOCOL_ERROR_ZAP_BAD_VERSION = 0x20000003
    PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE = 0x20000004
    PROTOCOL_ERROR_ZAP_INVALID_METADATA = 0x20000005


class Errno(IntEnum, metaclass=_QuickEnumType):
    """Error numbers, as `ZMQError.errno` carries them; zmq_errno(3).

    The number is the platform's where it has one, so that `errno.EAGAIN == zmq.EAGAIN`.
    """

    EAGAIN = errno.EAGAIN
    EFAULT = errno.EFAULT
    EINVAL = errno.EINVAL
    ENOTSUP = getattr(errno, "ENOTSUP", _HAUSNUMERO + 1)
    EPROTONOSUPPORT = getattr(errno, "EPROTONOSUPPORT", _HAUSNUMERO + 2)
    ENOBUFS = getattr(errno, "ENOBUFS", _HAUSNUMERO + 3)
    ENETDOWN = getattr(errno, "ENETDOWN", _HAUSNUMERO + 4)
    EADDRINUSE = getattr(errno, "EADDRINUSE", _HAUSNUMERO + 5)
    EADDRNOTAVAIL = getattr(errno, "EADDRNOTAVAIL", _HAUSNUMERO + 6)
    ECONNREFUSED = getattr(errno, "ECONNREFUSED", _HAUSNUMERO + 7)
    EINPROGRESS = getattr(errno, "EINPROGRESS", _HAUSNUMERO + 8)
    ENOTSOCK = getattr(errno, "ENOTSOCK", _HAUSNUMERO + 9)
    EMSGSIZE = getattr(errno, "EMSGSIZE", _HAUSNUMERO + 10)
    EAFNOSUPPORT = getattr(errno, "EAFNOSUPPORT", _HAUSNUMERO + 11)
    ENETUNREACH = getattr(errno, "ENETUNREACH", _HAUSNUMERO + 12)
    ECONNABORTED = getattr(errno, "ECONNABORTED", _HAUSNUMERO + 13)
    ECONNRESET = getattr(errno, "ECONNRESET", _HAUSNUMERO + 14)
    ENOTCONN = getattr(errno, "ENOTCONN", _HAUSNUMERO + 15)
    ETIMEDOUT = getattr(errno, "ETIMEDOUT", _HAUSNUMERO + 16)
    EHOSTUNREACH = getattr(errno, "EHOSTUNREACH", _HAUSNUMERO + 17)
    ENETRESET = getattr(errno, "ENETRESET", _HAUSNUMERO + 18)
    EFSM = _HAUSNUMERO + 51
    ENOCOMPATPROTO = _HAUSNUMERO + 52
    ETERM = _HAUSNUMERO + 53
    EMTHREAD = _HAUSNUMERO + 54


class _OptType:
    """The values of ``_opt_type``."""

    int = "int"
    int64 = "int64"
    bytes = "bytes"
    fd = "fd"


# The members as names of the module, in the order in which the classes have them.
(
    IO_THREADS, MAX_SOCKETS, SOCKET_LIMIT, THREAD_PRIORITY, THREAD_SCHED_POLICY, MAX_MSGSZ,
    MSG_T_SIZE, THREAD_AFFINITY_CPU_ADD, THREAD_AFFINITY_CPU_REMOVE, THREAD_NAME_PREFIX,
) = ContextOption.__members__.values()  # fmt: skip
(
    AFFINITY, ROUTING_ID, SUBSCRIBE, UNSUBSCRIBE, RATE, RECOVERY_IVL, SNDBUF, RCVBUF, RCVMORE, FD,
    EVENTS, TYPE, LINGER, RECONNECT_IVL, BACKLOG, RECONNECT_IVL_MAX, MAXMSGSIZE, SNDHWM, RCVHWM,
    MULTICAST_HOPS, RCVTIMEO, SNDTIMEO, LAST_ENDPOINT, ROUTER_MANDATORY, TCP_KEEPALIVE,
    TCP_KEEPALIVE_CNT, TCP_KEEPALIVE_IDLE, TCP_KEEPALIVE_INTVL, IMMEDIATE, XPUB_VERBOSE,
    ROUTER_RAW, IPV6, MECHANISM, PLAIN_SERVER, PLAIN_USERNAME, PLAIN_PASSWORD, CURVE_SERVER,
    CURVE_PUBLICKEY, CURVE_SECRETKEY, CURVE_SERVERKEY, PROBE_ROUTER, REQ_CORRELATE, REQ_RELAXED,
    CONFLATE, ZAP_DOMAIN, ROUTER_HANDOVER, TOS, CONNECT_ROUTING_ID, GSSAPI_SERVER,
    GSSAPI_PRINCIPAL, GSSAPI_SERVICE_PRINCIPAL, GSSAPI_PLAINTEXT, HANDSHAKE_IVL, SOCKS_PROXY,
    XPUB_NODROP, BLOCKY, XPUB_MANUAL, XPUB_WELCOME_MSG, STREAM_NOTIFY, INVERT_MATCHING,
    HEARTBEAT_IVL, HEARTBEAT_TTL, HEARTBEAT_TIMEOUT, XPUB_VERBOSER, CONNECT_TIMEOUT, TCP_MAXRT,
    THREAD_SAFE, MULTICAST_MAXTPDU, VMCI_BUFFER_SIZE, VMCI_BUFFER_MIN_SIZE, VMCI_BUFFER_MAX_SIZE,
    VMCI_CONNECT_TIMEOUT, USE_FD, GSSAPI_PRINCIPAL_NAMETYPE, GSSAPI_SERVICE_PRINCIPAL_NAMETYPE,
    BINDTODEVICE, HWM, IDENTITY, CONNECT_RID, TCP_ACCEPT_FILTER, IPC_FILTER_PID, IPC_FILTER_UID,
    IPC_FILTER_GID, IPV4ONLY, DELAY_ATTACH_ON_CONNECT, FAIL_UNROUTABLE, ROUTER_BEHAVIOR,
    ZAP_ENFORCE_DOMAIN, LOOPBACK_FASTPATH, METADATA, MULTICAST_LOOP, ROUTER_NOTIFY,
    XPUB_MANUAL_LAST_VALUE, SOCKS_USERNAME, SOCKS_PASSWORD, IN_BATCH_SIZE, OUT_BATCH_SIZE,
    WSS_KEY_PEM, WSS_CERT_PEM, WSS_TRUST_PEM, WSS_HOSTNAME, WSS_TRUST_SYSTEM, ONLY_FIRST_SUBSCRIBE,
    RECONNECT_STOP, HELLO_MSG, DISCONNECT_MSG, PRIORITY, BUSY_POLL, HICCUP_MSG,
    XSUB_VERBOSE_UNSUBSCRIBE, TOPICS_COUNT, NORM_MODE, NORM_UNICAST_NACK, NORM_BUFFER_SIZE,
    NORM_SEGMENT_SIZE, NORM_BLOCK_SIZE, NORM_NUM_PARITY, NORM_NUM_AUTOPARITY, NORM_PUSH,
) = SocketOption.__members__.values()  # fmt: skip
(
    PAIR, PUB, SUB, REQ, REP, DEALER, ROUTER, PULL, PUSH, XPUB, XSUB, STREAM, XREQ, XREP, SERVER,
    CLIENT, RADIO, DISH, GATHER, SCATTER, DGRAM, PEER, CHANNEL,
) = SocketType.__members__.values()  # fmt: skip
DONTWAIT, SNDMORE, NOBLOCK = Flag.__members__.values()
POLLIN, POLLOUT, POLLERR, POLLPRI = PollEvent.__members__.values()
MORE, SHARED, SRCFD = MessageOption.__members__.values()
NULL, PLAIN, CURVE, GSSAPI = SecurityMechanism.__members__.values()
STREAMER, FORWARDER, QUEUE = DeviceType.__members__.values()
NOTIFY_CONNECT, NOTIFY_DISCONNECT = RouterNotify.__members__.values()
(
    RECONNECT_STOP_CONN_REFUSED, RECONNECT_STOP_HANDSHAKE_FAILED, RECONNECT_STOP_AFTER_DISCONNECT,
) = ReconnectStop.__members__.values()  # fmt: skip
NORM_FIXED, NORM_CC, NORM_CCL, NORM_CCE, NORM_CCE_ECNONLY = NormMode.__members__.values()
(
    EVENT_CONNECTED, EVENT_CONNECT_DELAYED, EVENT_CONNECT_RETRIED, EVENT_LISTENING,
    EVENT_BIND_FAILED, EVENT_ACCEPTED, EVENT_ACCEPT_FAILED, EVENT_CLOSED, EVENT_CLOSE_FAILED,
    EVENT_DISCONNECTED, EVENT_MONITOR_STOPPED, EVENT_HANDSHAKE_FAILED_NO_DETAIL,
    EVENT_HANDSHAKE_SUCCEEDED, EVENT_HANDSHAKE_FAILED_PROTOCOL, EVENT_HANDSHAKE_FAILED_AUTH,
    EVENT_ALL_V1, EVENT_ALL, EVENT_PIPES_STATS, EVENT_ALL_V2, PROTOCOL_ERROR_WS_UNSPECIFIED,
    PROTOCOL_ERROR_ZMTP_UNSPECIFIED, PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND,
    PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE, PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE,
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED,
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE, PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO,
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE, PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR,
    PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY, PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME,
    PROTOCOL_ERROR_ZMTP_INVALID_METADATA, PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC,
    PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, PROTOCOL_ERROR_ZAP_UNSPECIFIED,
    PROTOCOL_ERROR_ZAP_MALFORMED_REPLY, PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID,
    PROTOCOL_ERROR_ZAP_BAD_VERSION, PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE,
    PROTOCOL_ERROR_ZAP_INVALID_METADATA,
) = Event.__members__.values()  # fmt: skip
(
    EAGAIN, EFAULT, EINVAL, ENOTSUP, EPROTONOSUPPORT, ENOBUFS, ENETDOWN, EADDRINUSE, EADDRNOTAVAIL,
    ECONNREFUSED, EINPROGRESS, ENOTSOCK, EMSGSIZE, EAFNOSUPPORT, ENETUNREACH, ECONNABORTED,
    ECONNRESET, ENOTCONN, ETIMEDOUT, EHOSTUNREACH, ENETRESET, EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD,
) = Errno.__members__.values()  # fmt: skip

if not TYPE_CHECKING:  # checkers see no `__all__` and so take every public name
    # PyZMQ's has Enum, IntEnum and IntFlag as well.
    __all__ = [
        name
        for name, value in globals().items()
        if isinstance(value if isinstance(value, type) else type(value), EnumType)
    ]
