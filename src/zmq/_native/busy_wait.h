/* Busy waiting: to look again for a short while before sleeping.
 *
 * To put a core to sleep and to wake it can take longer than a small message needs. So a
 * thread that waits looks at its descriptors, gives the core away (sched_yield), looks again, until
 * its limit is over; then it sleeps. It holds no lock meanwhile, and not the GIL.
 *
 * habit    of one socket: there are looks only where its last waits were short, and fewer and fewer
 *          where they end in vain
 * crowd    more threads run, or wait for a core, than there are cores for: no look begins. The
 *          system tells the number, which is read every few ms
 * pause    of the process: a thread that gives its core to a program that computes gets it back
 *          late, and is last in line afterwards. One late look stops all looks of this process for
 *          a while. A process that its cgroup throttles is late, too
 * default  a limit that was not set: there are looks only for an answer, after something was sent, as
 *          a stream needs the cores for its I/O threads; and none where the process has a single
 *          core, on which the peer runs as soon as this thread sleeps
 */
#ifndef OHMQ_BUSY_WAIT_H
#define OHMQ_BUSY_WAIT_H

#include "platform.h"
#ifdef __linux__
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#endif

/* The I/O threads of a round trip need the core for less than this, a program that computes keeps it
 * for longer. */
#define OHMQ_LATE_NS 300000
/* The pause after a late look; soon after another one, four times as long as that. */
#define OHMQ_PAUSE_MS 10
#define OHMQ_PAUSE_MAX_MS 10000
/* How long a number of running threads holds. */
#define OHMQ_CROWD_MS 10
/* The two ends of a round trip and their I/O threads share the cores: with so many threads more than
 * cores, others run as well. */
#define OHMQ_CROWD 3
/* Waits within the limit add to a habit, others halve it; there are looks from OHMQ_HABIT up. */
#define OHMQ_HABIT 4
#define OHMQ_HABIT_MAX 16
/* After n looks in a row that ended in vain, 2^n - 1 waits sleep at once; n up to this. */
#define OHMQ_VAIN_MAX 6

/* In ms of the clock, cut to an int; all threads of the process share them. */
static int ohmq_pause_until = 0;
static int ohmq_pause_ms = 0;

typedef struct {
    int64_t limit_ns; /* 0: it sleeps at once */
    int by_default;   /* the limit is the default: it was not set */
    int strength;     /* of the habit: see OHMQ_HABIT */
    int vain;         /* looks in a row that ended in vain, at most OHMQ_VAIN_MAX */
    int skips;        /* waits that sleep at once, for that */
    int64_t sent;     /* messages that were sent before the last wait */
    int64_t won;      /* waits that looking has ended, */
    int64_t lost;     /* and those that slept in the end */
    int64_t looked_ns;
} ohmq_busy_wait;

/* One wait, as it went. */
typedef struct {
    int64_t limit_ns; /* 0: without a look */
    int by_default;
    int64_t began;
    int64_t looked_ns;
    int won;
} ohmq_one_wait;

static inline int ohmq_ms(int64_t ns) { return (int)(unsigned)(ns / 1000000); }

static inline int ohmq_is_paused(int64_t now) {
    int left = (int)((unsigned)ohmq_load_int(&ohmq_pause_until) - (unsigned)ohmq_ms(now));
    /* What lies further ahead than any pause is long past: the number has come round. */
    return left > 0 && left <= OHMQ_PAUSE_MAX_MS;
}

/* Threads that run or wait for a core, on the whole machine; -1 where the system does not tell. */
static int ohmq_running_threads(void) {
    int running = -1;
#ifdef __linux__
    char text[64];
    int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    if (size > 0) {
        text[size] = 0;
        if (sscanf(text, "%*s %*s %*s %d/", &running) != 1)
            running = -1;
    }
#endif
    return running;
}

/* The cores that the process may use. */
static int ohmq_cores(void) {
    int cores = 0;
#ifdef __linux__
    cpu_set_t usable;
    /* The process id names the main thread: the cores of another thread, which may be bound to one
     * of its own, do not count. */
    if (sched_getaffinity(getpid(), sizeof(usable), &usable) == 0)
        cores = CPU_COUNT(&usable);
#endif
#ifdef _SC_NPROCESSORS_ONLN
    if (cores == 0)
        cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
#endif
    return cores;
}

/* Whether the machine has no core for a look, which is found out every few ms; then all looks of the
 * process pause until it is found out again. */
static int ohmq_is_crowded(int64_t now, int by_default) {
    static int counted_at = 0, cores = 0;
    int since = (int)((unsigned)ohmq_ms(now) - (unsigned)ohmq_load_int(&counted_at));
    if (since >= 0 && since < OHMQ_CROWD_MS)
        return by_default && ohmq_load_int(&cores) == 1;
    ohmq_store_int(&cores, ohmq_cores()); /* first: another thread may see that it was counted */
    ohmq_store_int(&counted_at, ohmq_ms(now));
    if (by_default && ohmq_load_int(&cores) == 1)
        return 1;
    if (ohmq_running_threads() < ohmq_load_int(&cores) + OHMQ_CROWD)
        return 0;
    ohmq_store_int(&ohmq_pause_until, (int)((unsigned)ohmq_ms(now) + OHMQ_CROWD_MS));
    return 1;
}

static inline void ohmq_pause(int64_t now) {
    int last = ohmq_load_int(&ohmq_pause_ms), pause = OHMQ_PAUSE_MS;
    int past = (int)((unsigned)ohmq_ms(now) - (unsigned)ohmq_load_int(&ohmq_pause_until));
    /* A machine that was free for four times as long as the pause is another one. */
    if (past >= 0 && past < 4 * last)
        pause = last * 4 < OHMQ_PAUSE_MAX_MS ? last * 4 : OHMQ_PAUSE_MAX_MS;
    ohmq_store_int(&ohmq_pause_ms, pause);
    ohmq_store_int(&ohmq_pause_until, (int)((unsigned)ohmq_ms(now) + (unsigned)pause));
}

/* Whether a wait is for an answer: something was sent since the one before. */
static inline int ohmq_awaits_answer(ohmq_busy_wait *habit, int64_t sent) {
    int more = sent != habit->sent;
    habit->sent = sent;
    return more;
}

/* A socket that is never to look may have no habit (NULL). */
static inline void ohmq_wait_begin(ohmq_one_wait *wait, ohmq_busy_wait *habit, int for_answer,
                                   int64_t now) {
    wait->limit_ns = wait->looked_ns = 0;
    wait->began = now;
    wait->won = wait->by_default = 0;
    if (!habit || habit->strength < OHMQ_HABIT || (habit->by_default && !for_answer))
        return;
    if (habit->skips > 0) {
        habit->skips--;
        return;
    }
    wait->limit_ns = habit->limit_ns;
    wait->by_default = habit->by_default;
}

static inline void ohmq_wait_end(const ohmq_one_wait *wait, ohmq_busy_wait *habit, int ready,
                                 int64_t now) {
    if (!habit)
        return;
    if (habit->limit_ns == 0) {
        habit->strength = 0;
        return;
    }
    /* A sleeper is woken late: a look would have ended sooner. */
    if (ready > 0 && now - wait->began <= 2 * habit->limit_ns)
        habit->strength += habit->strength < OHMQ_HABIT_MAX;
    else
        habit->strength /= 2;
    if (wait->looked_ns) {
        habit->looked_ns += wait->looked_ns;
        habit->won += wait->won;
        habit->lost += !wait->won;
        habit->vain = wait->won ? 0 : habit->vain + (habit->vain < OHMQ_VAIN_MAX);
        habit->skips = (1 << habit->vain) - 1;
    }
}

/* Looks for as long as *wait allows, and notes there how it went: how many are ready. */
static int ohmq_look(ohmq_interest *items, int n, int64_t deadline, ohmq_one_wait *wait) {
    int64_t before, now = wait->began;
    int64_t until = now + wait->limit_ns;
    int ready = 0;
    if (wait->limit_ns == 0 || ohmq_is_paused(now)
        || ohmq_is_crowded(now, wait->by_default))
        return 0;
    if (deadline >= 0 && deadline < until)
        until = deadline;
    while (now < until && ready == 0) {
        before = now;
        ohmq_yield();
        ready = ohmq_wait(items, n, 0);
        now = ohmq_now();
        if (now - before > OHMQ_LATE_NS) {
            ohmq_pause(now);
            break;
        }
    }
    wait->looked_ns = now - wait->began;
    wait->won = ready > 0;
    return ready;
}

/* As ohmq_wait, but first looks. */
static int ohmq_wait_busily(ohmq_interest *items, int n, int64_t deadline, ohmq_one_wait *wait) {
    int ready = ohmq_look(items, n, deadline, wait);
    return ready ? ready : ohmq_wait(items, n, deadline);
}

#endif
