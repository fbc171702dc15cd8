/* What differs between operating systems, in one place.
 *
 * lock      the lock of one libzmq socket
 * fork      a counter that a forked child finds increased
 * waker     a file descriptor that one thread polls and another makes readable
 * ticker    a waker that is readable once a second, too
 * wait      poll(2) with a time-out in nanoseconds
 */
#ifndef OHMQ_PLATFORM_H
#define OHMQ_PLATFORM_H

#include <Python.h>
#include <errno.h>
#include <stdint.h>
#include <time.h>
#include <zmq.h>

#if defined(_MSC_VER)
#include <intrin.h>
#define ohmq_swap_pointer(where, value) _InterlockedExchangePointer((void *volatile *)(where), value)
#define ohmq_load_pointer(where) (*(void *volatile *)(where))
#define ohmq_store_pointer(where, value) (*(void *volatile *)(where) = (value))
#define ohmq_cas_pointer(where, expected, value) \
    (_InterlockedCompareExchangePointer((void *volatile *)(where), value, expected) == (expected))
#define ohmq_count(where, change) ((void)_InterlockedExchangeAdd((volatile long *)(where), change))
#define ohmq_load_int(where) (*(volatile int *)(where))
#define ohmq_store_int(where, value) _InterlockedExchange((volatile long *)(where), value)
#define ohmq_load_long(where) (*(volatile int64_t *)(where))
#define ohmq_store_long(where, value) (*(volatile int64_t *)(where) = (value))
#define ohmq_cas_int(where, expected, value) \
    (_InterlockedCompareExchange((volatile long *)(where), value, expected) == (expected))
#else
static inline void *ohmq_swap_pointer(void **where, void *value) {
    return __atomic_exchange_n(where, value, __ATOMIC_ACQ_REL);
}
static inline void *ohmq_load_pointer(void **where) {
    return __atomic_load_n(where, __ATOMIC_ACQUIRE);
}
static inline void ohmq_store_pointer(void **where, void *value) {
    __atomic_store_n(where, value, __ATOMIC_RELEASE);
}
static inline int ohmq_cas_pointer(void **where, void *expected, void *value) {
    return __atomic_compare_exchange_n(where, &expected, value, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}
static inline void ohmq_count(int *where, int change) {
    __atomic_fetch_add(where, change, __ATOMIC_RELAXED);
}
static inline int ohmq_load_int(int *where) { return __atomic_load_n(where, __ATOMIC_ACQUIRE); }
static inline void ohmq_store_int(int *where, int value) {
    __atomic_store_n(where, value, __ATOMIC_RELEASE);
}
/* For what one thread at a time writes, and others read as it was a moment ago. */
static inline int64_t ohmq_load_long(int64_t *where) {
    return __atomic_load_n(where, __ATOMIC_RELAXED);
}
static inline void ohmq_store_long(int64_t *where, int64_t value) {
    __atomic_store_n(where, value, __ATOMIC_RELAXED);
}
static inline int ohmq_cas_int(int *where, int expected, int value) {
    return __atomic_compare_exchange_n(where, &expected, value, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}
#endif
/* For a number of which one thread at a time counts. */
static inline void ohmq_add_long(int64_t *where, int64_t change) {
    ohmq_store_long(where, *where + change);
}

/* ---- fork ------------------------------------------------------------------------------- */
static volatile int ohmq_generation = 0;

#ifdef _WIN32
static inline void ohmq_watch_fork(void) {}
#else
#include <pthread.h>
#include <unistd.h>
static void ohmq_forked(void) { ohmq_generation++; }
static inline void ohmq_watch_fork(void) { pthread_atfork(NULL, NULL, ohmq_forked); }
#endif

/* Whether this is the thread that the process began with, or, in a child, the one that forked. */
#if defined(__linux__)
#include <sys/syscall.h>
static inline int ohmq_is_first_thread(void) {
    static __thread int asked_in = -1, answer;
    if (asked_in != ohmq_generation) {
        answer = syscall(SYS_gettid) == getpid();
        asked_in = ohmq_generation;
    }
    return answer;
}
#elif defined(__APPLE__)
static inline int ohmq_is_first_thread(void) { return pthread_main_np(); }
#else
static inline int ohmq_is_first_thread(void) { return 1; } /* it may be */
#endif

/* ---- lock ------------------------------------------------------------------------------- */
/* Held for one call of libzmq that does not block, with or without the GIL; so a thread that finds
 * it taken only has to let the other one run: it releases the GIL meanwhile, which the holder may
 * want.
 *
 * Between two calls of libzmq its holder may run Python code, whether it wants to or not: making a
 * list may start the garbage collector, making an exception may run a signal handler. What such
 * code does with the same socket must not wait for its own thread: so the lock is recursive.
 *
 * The child of a fork may find it taken by a thread that it has not: then it is free. */
typedef struct {
    int taken_in; /* the generation in which it was taken, and 1; 0: it is free */
    int depth;    /* of the holder: how often it has it beyond the first time */
    void *holder; /* of the holder, too; others look whether it is they */
} ohmq_lock;

#if defined(_MSC_VER)
static __declspec(thread) char ohmq_this_thread;
#define ohmq_yield() SwitchToThread()
#define ohmq_nap() Sleep(1)
#else
#include <sched.h>
static __thread char ohmq_this_thread;
#define ohmq_yield() sched_yield()
static inline void ohmq_nap(void) {
    struct timespec t = {.tv_nsec = 50000};
    nanosleep(&t, NULL);
}
#endif

static inline int ohmq_lock_try(ohmq_lock *lock) {
    if (!ohmq_cas_int(&lock->taken_in, 0, ohmq_generation + 1))
        return 0;
    ohmq_store_pointer(&lock->holder, &ohmq_this_thread);
    return 1;
}
/* Take it from a holder that is a thread of the parent. */
static inline int ohmq_lock_inherit(ohmq_lock *lock) {
    int now = ohmq_generation + 1, taken_in = ohmq_load_int(&lock->taken_in);
    if (taken_in == 0 || taken_in == now || !ohmq_cas_int(&lock->taken_in, taken_in, now))
        return 0;
    ohmq_store_pointer(&lock->holder, &ohmq_this_thread);
    lock->depth = 0;
    return 1;
}
static inline void ohmq_lock_release(ohmq_lock *lock) {
    if (lock->depth) {
        lock->depth--;
        return;
    }
    ohmq_store_pointer(&lock->holder, NULL);
    ohmq_store_int(&lock->taken_in, 0);
}
/* For a thread without the GIL, and for locks whose holder needs no more than a moment. */
#define OHMQ_YIELDS 100
static void ohmq_lock_spin(ohmq_lock *lock) {
    int tries = 0;
    while (!ohmq_lock_try(lock) && !ohmq_lock_inherit(lock)) {
        if (++tries % OHMQ_YIELDS)
            ohmq_yield();
        else
            ohmq_nap(); /* what a thread of a real-time priority yields, no lower one gets */
    }
}
/* For a thread that has the GIL: it gives it up while another one has the lock. */
static void ohmq_lock_wait(ohmq_lock *lock) {
    if (ohmq_load_pointer(&lock->holder) == &ohmq_this_thread) {
        lock->depth++;
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    ohmq_lock_spin(lock);
    Py_END_ALLOW_THREADS
}
static inline void ohmq_lock_acquire(ohmq_lock *lock) {
    if (!ohmq_lock_try(lock))
        ohmq_lock_wait(lock);
}
/* For objects that go: once the interpreter has ended, a thread that has the lock will never give it
 * back. Nothing is to be released then. */
static inline int ohmq_lock_to_leave(ohmq_lock *lock) {
    if (!Py_IsInitialized())
        return ohmq_lock_try(lock);
    ohmq_lock_acquire(lock);
    return 1;
}

/* Whether threads may run Python code at the same moment. */
#ifdef Py_GIL_DISABLED
#define OHMQ_FREE_THREADED 1
#else
#define OHMQ_FREE_THREADED 0
#endif

/* ---- signals ---------------------------------------------------------------------------- */
/* For a thread that knows nothing of Python: signals are for those that do. */
#ifdef _WIN32
static inline void ohmq_block_signals(void) {}
#else
#include <signal.h>
static inline void ohmq_block_signals(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
}
#endif

/* A descriptor is an int, but on Windows it is as wide as a pointer. */
#if defined(_WIN32) && defined(_WIN64)
#define OHMQ_FD_IS_WIDE 1
#else
#define OHMQ_FD_IS_WIDE 0
#endif

/* ---- clock ------------------------------------------------------------------------------ */
/* Nanoseconds of a clock that never jumps. */
static inline int64_t ohmq_now(void) {
#ifdef _WIN32
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&frequency);
    return (int64_t)((double)ticks.QuadPart * 1e9 / (double)frequency.QuadPart);
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
#endif
}

/* ---- ipc -------------------------------------------------------------------------------- */
#ifdef _WIN32
#include <afunix.h>
#else
#include <sys/socket.h>
#include <sys/un.h>
#endif
/* Bytes that the path of an ipc endpoint may have; the system wants a zero after them. */
static inline int ohmq_ipc_path_max(void) {
    struct sockaddr_un address;
    return (int)sizeof(address.sun_path) - 1;
}

/* ---- waker ------------------------------------------------------------------------------ */
/* One of another process is left alone: its numbers may be those of other files by now, in a daemon
 * that has closed all that it inherited. All zeroes is a waker that is not open. */
typedef struct {
    int64_t read_fd;
    int64_t write_fd;
    int owner; /* the generation in which it was opened, and 1; 0: it is not open */
    int ticks; /* it is a ticker */
} ohmq_waker;
static inline int ohmq_waker_is_open(const ohmq_waker *w) {
    return w->owner == ohmq_generation + 1;
}

#ifdef _WIN32
/* A datagram socket that is connected to itself: what it sends, it receives. */
static int ohmq_waker_make(ohmq_waker *waker) {
    struct sockaddr_in address;
    int size = sizeof(address);
    u_long on = 1;
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    waker->read_fd = waker->write_fd = (int64_t)s;
    if (s == INVALID_SOCKET)
        return -1;
    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(s, (struct sockaddr *)&address, size) ||
        getsockname(s, (struct sockaddr *)&address, &size) ||
        connect(s, (struct sockaddr *)&address, size) || ioctlsocket(s, FIONBIO, &on)) {
        closesocket(s);
        return -1;
    }
    return 0;
}
static inline void ohmq_waker_unmake(ohmq_waker *w) { closesocket((SOCKET)w->read_fd); }
static inline void ohmq_waker_ring(ohmq_waker *w) { send((SOCKET)w->write_fd, "!", 1, 0); }
static inline void ohmq_waker_hush(ohmq_waker *w) {
    char sink[64];
    while (recv((SOCKET)w->read_fd, sink, sizeof(sink), 0) > 0) {
    }
}
#elif defined(__linux__)
#include <sys/eventfd.h>
#include <sys/timerfd.h>
static inline int ohmq_waker_make(ohmq_waker *w) {
    w->read_fd = w->write_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return w->read_fd < 0 ? -1 : 0;
}
static inline void ohmq_waker_unmake(ohmq_waker *w) { close((int)w->read_fd); }
static inline void ohmq_waker_ring(ohmq_waker *w) {
    uint64_t one = 1;
    ssize_t written = write((int)w->write_fd, &one, sizeof(one));
    (void)written; /* full means: already readable */
}
static inline void ohmq_waker_hush(ohmq_waker *w) {
    uint64_t count;
    ssize_t got = read((int)w->read_fd, &count, sizeof(count));
    (void)got;
}
#else
#include <fcntl.h>
static inline int ohmq_waker_make(ohmq_waker *w) {
    int fds[2], i;
    if (pipe(fds))
        return -1;
    for (i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    }
    w->read_fd = fds[0];
    w->write_fd = fds[1];
    return 0;
}
static inline void ohmq_waker_unmake(ohmq_waker *w) {
    close((int)w->read_fd);
    close((int)w->write_fd);
}
static inline void ohmq_waker_ring(ohmq_waker *w) {
    ssize_t written = write((int)w->write_fd, "!", 1);
    (void)written;
}
static inline void ohmq_waker_hush(ohmq_waker *w) {
    char sink[64];
    while (read((int)w->read_fd, sink, sizeof(sink)) > 0) {
    }
}
#endif

static inline int ohmq_waker_open(ohmq_waker *w) {
    int rc = ohmq_waker_make(w);
    w->ticks = 0;
    w->owner = rc < 0 ? 0 : ohmq_generation + 1;
    if (rc < 0)
        w->read_fd = w->write_fd = -1;
    return rc;
}
/* A ticker: a waker that becomes readable by itself every second. A poll with a time-out would start
 * and stop a timer of the system each time it is called; this one is started once. A call that finds
 * it readable clears it. -1 where the system has no such thing. */
#ifdef __linux__
static int ohmq_ticker_open(ohmq_waker *w) {
    struct itimerspec each_second = {.it_interval.tv_sec = 1, .it_value.tv_sec = 1};
    memset(w, 0, sizeof(*w));
    w->read_fd = w->write_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (w->read_fd < 0)
        return -1;
    timerfd_settime((int)w->read_fd, 0, &each_second, NULL);
    w->ticks = 1;
    w->owner = ohmq_generation + 1;
    return 0;
}
static inline void ohmq_ticker_ring(ohmq_waker *w) {
    struct itimerspec at_once = {.it_interval.tv_sec = 1, .it_value.tv_nsec = 1};
    timerfd_settime((int)w->write_fd, 0, &at_once, NULL);
}
#else
static inline int ohmq_ticker_open(ohmq_waker *w) {
    (void)w;
    return -1;
}
static inline void ohmq_ticker_ring(ohmq_waker *w) { (void)w; }
#endif
static inline void ohmq_waker_close(ohmq_waker *w) {
    if (ohmq_waker_is_open(w))
        ohmq_waker_unmake(w);
    w->owner = 0;
}
static inline void ohmq_waker_wake(ohmq_waker *w) {
    if (!ohmq_waker_is_open(w))
        return;
    if (w->ticks)
        ohmq_ticker_ring(w);
    else
        ohmq_waker_ring(w);
}
static inline void ohmq_waker_clear(ohmq_waker *w) {
    if (ohmq_waker_is_open(w))
        ohmq_waker_hush(w);
}

/* ---- wait ------------------------------------------------------------------------------- */
#define OHMQ_POLLIN 1
#define OHMQ_POLLOUT 2
#define OHMQ_POLLERR 4
#define OHMQ_POLLPRI 8

/* One descriptor to wait for; events and ready are made of the numbers above. */
typedef struct {
    int64_t fd;
    short events;
    short ready;
} ohmq_interest;

#ifdef _WIN32
typedef WSAPOLLFD ohmq_pollfd;
#define OHMQ_IN POLLRDNORM
#define OHMQ_OUT POLLWRNORM
#define OHMQ_PRI 0
#else
#include <poll.h>
typedef struct pollfd ohmq_pollfd;
#define OHMQ_IN POLLIN
#define OHMQ_OUT POLLOUT
#define OHMQ_PRI POLLPRI
#endif

/* Wait until one of n descriptors is ready or the clock passes deadline (-1: no end; 0: do not
 * wait). Returns how many are ready, or -1 with errno (EINTR: a signal came). */
static int ohmq_wait(ohmq_interest *items, int n, int64_t deadline) {
    ohmq_pollfd small[8], *fds = small;
    int i, rc;
    if (n > 8) {
        fds = (ohmq_pollfd *)malloc(sizeof(ohmq_pollfd) * (size_t)n);
        if (!fds) {
            errno = ENOMEM;
            return -1;
        }
    }
    for (i = 0; i < n; i++) {
        short e = items[i].events;
        fds[i].fd = (int)items[i].fd;
        fds[i].events = (short)((e & OHMQ_POLLIN ? OHMQ_IN : 0) | (e & OHMQ_POLLOUT ? OHMQ_OUT : 0) |
                                (e & OHMQ_POLLPRI ? OHMQ_PRI : 0));
        fds[i].revents = 0;
    }
    {
        int64_t left = deadline > 0 ? deadline - ohmq_now() : 0;
        if (left < 0)
            left = 0;
#if defined(__linux__)
        struct timespec t = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
        /* ppoll costs more, also where its finer time is not needed. */
        rc = left > 0 ? ppoll(fds, (nfds_t)n, &t, NULL) : poll(fds, (nfds_t)n, deadline < 0 ? -1 : 0);
#else
        int64_t ms = (left + 999999) / 1000000;
        int timeout = deadline < 0 ? -1 : ms > 0x7fffffff ? 0x7fffffff : (int)ms;
#ifdef _WIN32
        rc = WSAPoll(fds, (ULONG)n, timeout);
#else
        rc = poll(fds, (nfds_t)n, timeout);
#endif
#endif
    }
    for (i = 0; i < n; i++) {
        short r = rc > 0 ? fds[i].revents : 0;
        short e = items[i].events;
        items[i].ready = (short)((r & OHMQ_IN && e & OHMQ_POLLIN ? OHMQ_POLLIN : 0) |
                                 (r & OHMQ_OUT && e & OHMQ_POLLOUT ? OHMQ_POLLOUT : 0) |
                                 (r & OHMQ_PRI && e & OHMQ_POLLPRI ? OHMQ_POLLPRI : 0) |
                                 (r & (POLLERR | POLLHUP | POLLNVAL) ? OHMQ_POLLERR : 0));
    }
    if (fds != small)
        free(fds);
    return rc;
}

/* ---- a set of descriptors whose cost follows those that are ready ------------------------- */
#ifdef __linux__
#include <sys/epoll.h>
static inline int ohmq_set_open(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline void ohmq_set_close(int set) { close(set); }
static inline int ohmq_set_add(int set, int64_t fd, void *tag) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = tag}};
    return epoll_ctl(set, EPOLL_CTL_ADD, (int)fd, &event);
}
/* Watch a descriptor for events in ZMQ_POLL* numbers. */
static inline int ohmq_set_watch(int set, int64_t fd, short events) {
    struct epoll_event event = {0};
    event.events = (events & 1 ? EPOLLIN : 0) | (events & 2 ? EPOLLOUT : 0) |
                   (events & 8 ? EPOLLPRI : 0);
    return epoll_ctl(set, EPOLL_CTL_ADD, (int)fd, &event);
}
static inline void ohmq_set_remove(int set, int64_t fd) {
    struct epoll_event event;
    epoll_ctl(set, EPOLL_CTL_DEL, (int)fd, &event);
}
/* Tags of up to n ready descriptors; never waits. */
static inline int ohmq_set_ready(int set, void **tags, int n) {
    struct epoll_event events[64];
    int i, rc = set < 0 ? 0 : epoll_wait(set, events, n > 64 ? 64 : n, 0);
    for (i = 0; i < rc; i++)
        tags[i] = events[i].data.ptr;
    return rc;
}
#else
static inline int ohmq_set_open(void) { return -1; }
static inline void ohmq_set_close(int set) { (void)set; }
static inline int ohmq_set_add(int set, int64_t fd, void *tag) {
    (void)set, (void)fd, (void)tag;
    return 0;
}
static inline int ohmq_set_watch(int set, int64_t fd, short events) {
    (void)set, (void)fd, (void)events;
    return -1;
}
static inline void ohmq_set_remove(int set, int64_t fd) { (void)set, (void)fd; }
static inline int ohmq_set_ready(int set, void **tags, int n) {
    (void)set, (void)tags, (void)n;
    return 0;
}
#endif

#endif
