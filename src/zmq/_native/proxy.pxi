# The functions that programs call for a relay.

def proxy(frontend, backend, capture=None):
    """Move messages between two sockets until the context is terminated (zmq_proxy(3)).

    Blocks without the GIL. Meanwhile the sockets belong to the proxy: other use of them raises.

    Parameters
    ----------
    frontend, backend : Socket
        What to move messages between; the same socket twice sends everything back.
    capture : Socket, optional
        Gets a copy of each message, before it is handed on. The proxy waits for a PUSH, PAIR or
        DEALER that cannot take one; PUB and XPUB drop what a subscriber cannot take.

    Raises
    ------
    ContextTerminated
        The regular end.
    ZMQError
        ENOTSOCK when a socket is closed meanwhile, which ends the proxy, too; EFAULT when one was
        closed before.
    """
    make_proxy(frontend, backend, capture).run()


def proxy_steerable(frontend, backend, capture=None, control=None):
    """Move messages as proxy does, steered by a control socket (zmq_proxy_steerable(3)).

    Parameters
    ----------
    control : Socket, optional
        PAIR, SUB or REP socket that receives PAUSE, RESUME, TERMINATE and STATISTICS.

    Returns
    -------
    int
        0, after TERMINATE.
    """
    make_proxy(frontend, backend, capture, control).run()
    return 0


def make_proxy(*sockets):
    for socket in sockets:
        if isinstance(socket, Socket) and socket.closed:
            fail(EFAULT, "a socket of the proxy is closed")
    return Relay(*sockets, in_prefix=None, out_prefix=None, swap=False, waits=True)


def monitored_queue(in_socket, out_socket, mon_socket, in_prefix=b"in", out_prefix=b"out"):
    """Move messages between two sockets and show each of them on a third.

    Blocks without the GIL until the context is terminated. Two ROUTER sockets have the first two
    parts of each message swapped.

    Parameters
    ----------
    in_socket, out_socket : Socket
        What to move messages between.
    mon_socket : Socket
        Gets each message after a prefix; what it cannot take is dropped. Mostly a PUB socket.
    in_prefix, out_prefix : bytes or str
        The prefix, by the socket that the message came from.

    Raises
    ------
    ContextTerminated
        The regular end.
    """
    if not isinstance(mon_socket, Socket):
        raise TypeError(f"mon_socket must be a zmq.Socket, not {type(mon_socket).__name__}")
    if in_prefix is None or out_prefix is None:
        raise TypeError("in_prefix and out_prefix are bytes or str, not None")
    Relay(in_socket, out_socket, mon_socket, in_prefix=in_prefix, out_prefix=out_prefix).run()
