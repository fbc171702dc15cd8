/* A descriptor for thread-safe (draft) sockets, which have no ZMQ_FD: that of a poller of libzmq's
 * which watches the socket alone. It is readable once libzmq has something for the socket to handle,
 * and stays so until it is cleared. Needs draft.h and platform.h. */
#ifndef OHMQ_SIGNALER_H
#define OHMQ_SIGNALER_H

#include "draft.h"
#include "platform.h"

/* The poller, whose descriptor goes to fd. NULL where this libzmq has none, or no descriptor is left. */
static void *ohmq_signaler_open(void *socket, int64_t *fd) {
    zmq_fd_t found;
    void *poller;
    if (!ohmq_have_pollers() || !(poller = zmq_poller_new()))
        return NULL;
    if (zmq_poller_add(poller, socket, NULL, ZMQ_POLLIN) || zmq_poller_fd(poller, &found)) {
        zmq_poller_destroy(&poller);
        return NULL;
    }
    *fd = (int64_t)found;
    return poller;
}

/* Before the socket is closed. */
static inline void ohmq_signaler_close(void *poller) {
    if (poller)
        zmq_poller_destroy(&poller);
}

/* Before a look at the socket: what comes after it makes the descriptor readable again. */
static inline void ohmq_signaler_clear(int64_t fd) {
    char sink[64];
#ifdef _WIN32
    while (recv((SOCKET)fd, sink, sizeof(sink), 0) == sizeof(sink)) {
    }
#else
    while (read((int)fd, sink, sizeof(sink)) == sizeof(sink)) {
    }
#endif
}

#endif
