/* Which connections this process has, as the system tells: for a monitor that is younger than the
 * connections of its socket, as libzmq does not tell of those again.
 *
 * Another thread may close a descriptor between two of these calls, and its number may be given to
 * another file. So what is found counts as found only: events that come later correct it. */
#ifndef OHMQ_CONNECTIONS_H
#define OHMQ_CONNECTIONS_H

#include <stddef.h>

#if defined(_WIN32)

static inline int ohmq_descriptors(int **found) { (void) found; return 0; }
static inline int ohmq_connection_text(int fd, int remote, char *text, size_t size) {
    (void) fd, (void) remote, (void) text, (void) size;
    return 0;
}

#else

#include <dirent.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The descriptors of this process, in memory that the caller frees; how many. 0 also where the
 * system does not list them. */
static inline int ohmq_descriptors(int **found) {
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
    while ((entry = readdir(folder)) != NULL) {
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

/* The address of one end of a connection, written as libzmq writes endpoints. 0 if the descriptor
 * is none of a connection of tcp or ipc; the near end of one that was made to ipc has no name. */
static inline int ohmq_connection_text(int fd, int remote, char *text, size_t size) {
    struct sockaddr_storage here, there, *end = remote ? &there : &here;
    socklen_t n_here = sizeof here, n_there = sizeof there, n_end;
    char host[128], port[16];
    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
    if (getpeername(fd, (struct sockaddr *) &there, &n_there) < 0
        || getsockname(fd, (struct sockaddr *) &here, &n_here) < 0)
        return 0;
    n_end = remote ? n_there : n_here;
    if (end->ss_family == AF_UNIX) {
        const char *path = ((struct sockaddr_un *) end)->sun_path;
        size_t length = n_end > offsetof(struct sockaddr_un, sun_path)
            ? n_end - offsetof(struct sockaddr_un, sun_path) : 0;
        if (length == 0)
            return 0;
        if (path[0] == 0)
            snprintf(text, size, "ipc://@%.*s", (int) length - 1, path + 1);
        else
            snprintf(text, size, "ipc://%.*s", (int) length, path);
        return 1;
    }
    if (end->ss_family != AF_INET && end->ss_family != AF_INET6)
        return 0;
    if (getnameinfo((struct sockaddr *) end, n_end, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return 0;
    snprintf(text, size, end->ss_family == AF_INET6 ? "tcp://[%s]:%s" : "tcp://%s:%s", host, port);
    return 1;
}

#endif
#endif
