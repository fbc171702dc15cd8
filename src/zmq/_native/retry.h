/* The calls of libzmq that a signal can interrupt, made again until they are not.
 *
 * Also those that do not wait fail with EINTR where a signal comes while they look at the mailbox of
 * the socket. They do so before all else: nothing has been sent, received or changed by then. */
#ifndef OHMQ_RETRY_H
#define OHMQ_RETRY_H

#include <zmq.h>

#define OHMQ_RETRY(call) \
    int rc; \
    do \
        rc = call; \
    while (rc < 0 && zmq_errno() == EINTR); \
    return rc

static inline int ohmq_getsockopt(void *socket, int option, void *value, size_t *size) {
    OHMQ_RETRY(zmq_getsockopt(socket, option, value, size));
}
static inline int ohmq_bind(void *socket, const char *endpoint) {
    OHMQ_RETRY(zmq_bind(socket, endpoint));
}
static inline int ohmq_connect(void *socket, const char *endpoint) {
    OHMQ_RETRY(zmq_connect(socket, endpoint));
}
static inline int ohmq_unbind(void *socket, const char *endpoint) {
    OHMQ_RETRY(zmq_unbind(socket, endpoint));
}
static inline int ohmq_disconnect(void *socket, const char *endpoint) {
    OHMQ_RETRY(zmq_disconnect(socket, endpoint));
}
static inline int ohmq_send(void *socket, const void *data, size_t size, int flags) {
    OHMQ_RETRY(zmq_send(socket, data, size, flags));
}
static inline int ohmq_msg_send(zmq_msg_t *msg, void *socket, int flags) {
    OHMQ_RETRY(zmq_msg_send(msg, socket, flags));
}
static inline int ohmq_msg_recv(zmq_msg_t *msg, void *socket, int flags) {
    OHMQ_RETRY(zmq_msg_recv(msg, socket, flags));
}
#endif
