# The control socket of a relay: the commands of zmq_proxy_steerable(3).

cdef Ending execute_commands(RelayLoop *loop) noexcept nogil:
    """Do all that the control socket says: PAUSE, RESUME, TERMINATE, STATISTICS.

    Until nothing is left: only a socket that was found empty signals the next message.
    """
    cdef zmq_msg_t command
    cdef Ending ending = GOES_ON
    zmq_msg_init(&command)
    while ending == GOES_ON and zmq_msg_recv(&command, loop.control.socket, ZMQ_DONTWAIT) >= 0:
        ending = execute_command(loop, <char *> zmq_msg_data(&command), zmq_msg_size(&command))
    if ending == GOES_ON and c_errno() not in (EAGAIN, EINTR, EFSM):
        ending = FAILED
    zmq_msg_close(&command)
    return ending


cdef Ending execute_command(RelayLoop *loop, const char *text, size_t size) noexcept nogil:
    cdef Ending ending = GOES_ON
    if size == 10 and memcmp(text, b"STATISTICS", 10) == 0:
        report(loop)
        return GOES_ON
    if size == 5 and memcmp(text, b"PAUSE", 5) == 0:
        ohmq_store_int(&loop.orders.paused, 1)
    elif size == 6 and memcmp(text, b"RESUME", 6) == 0:
        ohmq_store_int(&loop.orders.paused, 0)
    elif size == 9 and memcmp(text, b"TERMINATE", 9) == 0:
        if loop.control.terminate_stall_ns == 0:
            ending = STOPPED
        else:
            order_end(loop, loop.now + DRAINED_NS, loop.control.terminate_stall_ns)
    if loop.control.replies:
        zmq_send(loop.control.socket, NULL, 0, ZMQ_DONTWAIT)
    return ending


cdef void report(RelayLoop *loop) noexcept nogil:
    """Answer STATISTICS: received and sent, messages and bytes, of the in and of the out socket."""
    cdef Direction *in_to_out = &loop.traffic.directions[0]
    cdef Direction *out_to_in = &loop.traffic.directions[loop.traffic.n_directions - 1]
    cdef uint64_t numbers[8]
    cdef int i
    numbers[0], numbers[1] = in_to_out.messages, in_to_out.bytes
    numbers[2], numbers[3] = out_to_in.messages, out_to_in.bytes
    numbers[4], numbers[5] = out_to_in.messages, out_to_in.bytes
    numbers[6], numbers[7] = in_to_out.messages, in_to_out.bytes
    for i in range(8):
        zmq_send(loop.control.socket, &numbers[i], sizeof(uint64_t),
                 ZMQ_DONTWAIT | (ZMQ_SNDMORE if i < 7 else 0))
