/* Which connections this process has, as the system tells: for a monitor that is younger than the
 * connections of its socket, as libzmq does not tell of those again.
 *
 * Another thread may close a descriptor between two of these calls, and its number may be given to
 * another file. So what is found counts as found only: events that come later correct it. */
#ifndef OHMQ_CONNECTIONS_H
#define OHMQ_CONNECTIONS_H

#include <stddef.h>

#if defined(_WIN32)

static inline int ohmq_descriptors(int **found, int most) {
    (void) found, (void) most;
    return 0;
}
static inline int ohmq_connection_text(int fd, int remote, char *text, size_t size) {
    (void) fd, (void) remote, (void) text, (void) size;
    return 0;
}
static inline int ohmq_peer_port(int fd) { (void) fd; return -1; }
static inline void ohmq_listener_refuse(const char *place, int refuses) {
    (void) place, (void) refuses;
}

#else

#include <dirent.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#if defined(__linux__)
#include <linux/filter.h>
#include <fcntl.h>
#include <unistd.h>
#endif

/* The descriptors of this process, in memory that the caller frees; how many. 0 also where the
 * system does not list them. Where there are more than `most`, it stops at one more than that. */
static inline int ohmq_descriptors(int **found, int most) {
#if defined(__linux__)
    DIR *folder = opendir("/proc/self/fd");
#else
    DIR *folder = opendir("/dev/fd");
#endif
    struct dirent *entry;
    int n = 0, room = 0, *larger;
    *found = NULL;
    if (folder == NULL)
        return 0;
    while (n <= most && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        if (n == room) {
            room = room ? 2 * room : 64;
            larger = realloc(*found, room * sizeof(int));
            if (larger == NULL)
                break;
            *found = larger;
        }
        (*found)[n++] = atoi(entry->d_name);
    }
    closedir(folder);
    return n;
}

/* An address as libzmq writes endpoints; 0 for one of neither tcp nor ipc, and for one without a name,
 * as the near end of a connection that was made to ipc. */
static inline int ohmq_address_text(struct sockaddr_storage *at, socklen_t n, char *text, size_t size) {
    char host[128], port[16];
    if (at->ss_family == AF_UNIX) {
        const char *path = ((struct sockaddr_un *) at)->sun_path;
        size_t length = n > offsetof(struct sockaddr_un, sun_path)
            ? n - offsetof(struct sockaddr_un, sun_path) : 0;
        if (length == 0)
            return 0;
        if (path[0] == 0)
            snprintf(text, size, "ipc://@%.*s", (int) length - 1, path + 1);
        else
            snprintf(text, size, "ipc://%.*s", (int) length, path);
        return 1;
    }
    if (at->ss_family != AF_INET && at->ss_family != AF_INET6)
        return 0;
    if (getnameinfo((struct sockaddr *) at, n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return 0;
    snprintf(text, size, at->ss_family == AF_INET6 ? "tcp://[%s]:%s" : "tcp://%s:%s", host, port);
    return 1;
}

/* The port at the far end of a connection, which takes a tenth of the time of its text; 0 for ipc, -1
 * if the descriptor is none of a connection. */
static inline int ohmq_peer_port(int fd) {
    struct sockaddr_storage there;
    socklen_t n = sizeof there;
    memset(&there, 0, sizeof there);
    if (getpeername(fd, (struct sockaddr *) &there, &n) < 0)
        return -1;
    if (there.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *) &there)->sin_port);
    if (there.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *) &there)->sin6_port);
    return there.ss_family == AF_UNIX ? 0 : -1;
}

/* The address of one end of a connection; 0 if the descriptor is none of a connection. */
static inline int ohmq_connection_text(int fd, int remote, char *text, size_t size) {
    struct sockaddr_storage here, there;
    socklen_t n_here = sizeof here, n_there = sizeof there;
    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
    if (getpeername(fd, (struct sockaddr *) &there, &n_there) < 0
        || getsockname(fd, (struct sockaddr *) &here, &n_here) < 0)
        return 0;
    return remote ? ohmq_address_text(&there, n_there, text, size)
                  : ohmq_address_text(&here, n_here, text, size);
}

#if defined(__linux__)

/* Have what listens at a tcp endpoint leave new connections unanswered, or answer them again. The
 * systems of the peers ask again after 1, 2 and 4 s. Connections that it has stay as they are. */
static inline void ohmq_listener_refuse(const char *place, int refuses) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog filter = {1, &nothing};
    int *found, i, n = ohmq_descriptors(&found, INT_MAX - 1);
    for (i = 0; i < n; i++) {
        struct sockaddr_storage here;
        socklen_t n_here = sizeof here, n_listens = sizeof(int);
        int listens = 0, fd;
        char text[256];
        memset(&here, 0, sizeof here);
        fd = fcntl(found[i], F_DUPFD_CLOEXEC, 0); /* the number may become another file's */
        if (fd < 0)
            continue;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n_listens) == 0 && listens
            && getsockname(fd, (struct sockaddr *) &here, &n_here) == 0 && here.ss_family != AF_UNIX
            && ohmq_address_text(&here, n_here, text, sizeof text) && strcmp(text, place) == 0)
            setsockopt(fd, SOL_SOCKET, refuses ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &filter,
                       sizeof filter);
        close(fd);
    }
    free(found);
}

#else

static inline void ohmq_listener_refuse(const char *place, int refuses) {
    (void) place, (void) refuses;
}

#endif

#endif
#endif
