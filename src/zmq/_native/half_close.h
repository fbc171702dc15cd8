/* The connections of peers that only send, and how they are ended so that nothing of it is lost.
 *
 * To close a connection throws away what is still on its way. So only our half is ended (SHUT_WR): the
 * peer is told of that, sends no more, and closes its half behind all that it has sent, which libzmq
 * goes on to read. Two things are lost all the same, and neither can be seen from here: a message
 * that the peer's libzmq had begun to write, and the batch (8 KiB) that it has taken from its queue
 * where the way to us is full. So the half is ended while nothing comes. Where something always
 * comes, all are ended after a while, and no more are accepted: see ohmq_listener_refuse().
 *
 * libzmq tells descriptors in events, and may have closed one by the time that its event is read; the
 * number may belong to another file then. A connection is held by a descriptor of its own: it is the
 * connection that was meant if its end is not among the events that can be read once it is held.
 * Events can be dropped, so that it has to be one that the address has accepted, too. */
#ifndef OHMQ_HALF_CLOSE_H
#define OHMQ_HALF_CLOSE_H

#include <stdint.h>

#if defined(_WIN32)

#define ohmq_connection_can_be_held 0
static inline int ohmq_connection_hold(int fd) { (void) fd; return -1; }
static inline void ohmq_connection_let_go(int fd) { (void) fd; }
static inline int ohmq_connection_is_at(int fd, const char *place) {
    (void) fd, (void) place;
    return 0;
}
static inline int ohmq_connection_unread(int fd) { (void) fd; return -1; }
static inline int64_t ohmq_connection_received(int fd, int64_t *gap_ns) {
    (void) fd, (void) gap_ns;
    return -1;
}
static inline void ohmq_connection_half_close(int fd, int waits) { (void) fd, (void) waits; }

#else

#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/tcp.h>
#endif

#define ohmq_connection_can_be_held 1

/* A descriptor of one's own for a connection; -1 if there is none. */
static inline int ohmq_connection_hold(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}
static inline void ohmq_connection_let_go(int fd) {
    close(fd);
}

/* Whether a connection was accepted at an endpoint, "tcp://host:port" or "ipc://path". */
static inline int ohmq_connection_is_at(int fd, const char *place) {
    struct sockaddr_storage here;
    socklen_t size = sizeof here;
    memset(&here, 0, sizeof here);
    if (getsockname(fd, (struct sockaddr *) &here, &size) < 0)
        return 0;
    if (strncmp(place, "tcp://", 6) == 0) {
        int port = atoi(strrchr(place, ':') + 1);
        if (here.ss_family == AF_INET)
            return ntohs(((struct sockaddr_in *) &here)->sin_port) == port;
        return here.ss_family == AF_INET6
            && ntohs(((struct sockaddr_in6 *) &here)->sin6_port) == port;
    }
    if (strncmp(place, "ipc://", 6) == 0 && here.ss_family == AF_UNIX) {
        const char *path = ((struct sockaddr_un *) &here)->sun_path;
        if (place[6] == '@') /* an abstract name begins with a zero */
            return path[0] == 0 && strncmp(path + 1, place + 7, sizeof here - 8) == 0;
        return strncmp(path, place + 6, sizeof here - 8) == 0;
    }
    return 0;
}

/* Bytes that have arrived and that libzmq has not read; -1 if the system does not say. */
static inline int ohmq_connection_unread(int fd) {
    int unread = -1;
    return ioctl(fd, FIONREAD, &unread) < 0 ? -1 : unread;
}

/* Whether the peer is on this machine, where no way is full that leads to an empty end. */
static inline int ohmq_connection_is_local(int fd) {
    struct sockaddr_storage here, there;
    socklen_t n_here = sizeof here, n_there = sizeof there;
    if (getsockname(fd, (struct sockaddr *) &here, &n_here) < 0
        || getpeername(fd, (struct sockaddr *) &there, &n_there) < 0)
        return 1;
    if (here.ss_family == AF_INET && there.ss_family == AF_INET)
        return ((struct sockaddr_in *) &here)->sin_addr.s_addr
            == ((struct sockaddr_in *) &there)->sin_addr.s_addr;
    if (here.ss_family == AF_INET6 && there.ss_family == AF_INET6)
        return memcmp(&((struct sockaddr_in6 *) &here)->sin6_addr,
                      &((struct sockaddr_in6 *) &there)->sin6_addr, sizeof(struct in6_addr)) == 0;
    return 1;
}

/* Bytes that have arrived so far; -1 if the system does not count them.
 * Raises gap_ns to a time in which something comes from a peer that is not done: twice the way. */
static inline int64_t ohmq_connection_received(int fd, int64_t *gap_ns) {
#if defined(__linux__)
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
        && size >= offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
        int64_t gap = 2000 * (int64_t) info.tcpi_rtt;
        if (gap > *gap_ns && !ohmq_connection_is_local(fd))
            *gap_ns = gap;
        return (int64_t) info.tcpi_bytes_received;
    }
#else
    (void) fd, (void) gap_ns;
#endif
    return -1;
}

/* End our half of a connection.
 *
 * If the peer ends its half while libzmq does not read, because its own queue is full, libzmq closes the
 * connection with all that has arrived. The end comes behind the last byte that the peer has sent: so
 * where something waits, its system shall keep most of that until libzmq reads. With much less room
 * than this the connection would stand still. */
static inline void ohmq_connection_half_close(int fd, int waits) {
    int room = 65536;
    if (waits)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    shutdown(fd, SHUT_WR);
}

#endif
#endif
