/* Busy waiting: to look again for a short while before sleeping.
 *
 * To put a core to sleep and to wake it can take longer than a small message needs. So a
 * thread that waits looks at its descriptors, gives the core away (sched_yield), looks again, until
 * its limit is over; then it sleeps. It holds no lock meanwhile, and not the GIL.
 *
 * habit    of one socket: there are looks only where its last waits were short
 * pause    of the process: a thread that gives its core to a program that computes gets it back
 *          late, and is last in line afterwards. One late look stops all looks of this process for
 *          a while. A process that its cgroup throttles is late, too
 */
#ifndef OHMQ_BUSY_WAIT_H
#define OHMQ_BUSY_WAIT_H

#include "platform.h"

/* The I/O threads of a round trip need the core for less than this, a program that computes keeps it
 * for longer. */
#define OHMQ_LATE_NS 300000
/* The pause after a late look; soon after another one, four times as long as that. */
#define OHMQ_PAUSE_MS 10
#define OHMQ_PAUSE_MAX_MS 10000
/* Waits within the limit add to a habit, others halve it; there are looks from OHMQ_HABIT up. */
#define OHMQ_HABIT 4
#define OHMQ_HABIT_MAX 16

/* In ms of the clock, cut to an int; all threads of the process share them. */
static int ohmq_pause_until = 0;
static int ohmq_pause_ms = 0;

typedef struct {
    int64_t limit_ns; /* 0: it sleeps at once */
    int strength;     /* of the habit: see OHMQ_HABIT */
    int64_t won;      /* waits that looking has ended, */
    int64_t lost;     /* and those that slept in the end */
    int64_t looked_ns;
} ohmq_busy_wait;

/* One wait, as it went. */
typedef struct {
    int64_t limit_ns; /* 0: without a look */
    int64_t looked_ns;
    int64_t waited_ns;
    int won;
} ohmq_one_wait;

static inline int ohmq_ms(int64_t ns) { return (int)(unsigned)(ns / 1000000); }

static inline int ohmq_is_paused(int64_t now) {
    int left = (int)((unsigned)ohmq_load_int(&ohmq_pause_until) - (unsigned)ohmq_ms(now));
    /* What lies further ahead than any pause is long past: the number has come round. */
    return left > 0 && left <= OHMQ_PAUSE_MAX_MS;
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

static inline void ohmq_wait_begin(ohmq_one_wait *wait, const ohmq_busy_wait *habit) {
    wait->limit_ns = habit->strength >= OHMQ_HABIT ? habit->limit_ns : 0;
    wait->looked_ns = wait->waited_ns = 0;
    wait->won = 0;
}

static inline void ohmq_wait_end(const ohmq_one_wait *wait, ohmq_busy_wait *habit, int ready) {
    if (habit->limit_ns == 0) {
        habit->strength = 0;
        return;
    }
    /* A sleeper is woken late: a look would have ended sooner. */
    if (ready > 0 && wait->waited_ns <= 2 * habit->limit_ns)
        habit->strength += habit->strength < OHMQ_HABIT_MAX;
    else
        habit->strength /= 2;
    if (wait->looked_ns) {
        habit->looked_ns += wait->looked_ns;
        habit->won += wait->won;
        habit->lost += !wait->won;
    }
}

/* As ohmq_wait, but first looks for as long as *wait allows, and notes there how it went. */
static int ohmq_wait_busily(ohmq_interest *items, int n, int64_t deadline, ohmq_one_wait *wait) {
    int64_t began = ohmq_now(), before, now = began;
    int64_t until = began + wait->limit_ns;
    int ready = 0;
    if (deadline >= 0 && deadline < until)
        until = deadline;
    if (wait->limit_ns && !ohmq_is_paused(began)) {
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
        wait->looked_ns = now - began;
        wait->won = ready > 0;
    }
    if (ready == 0) {
        ready = ohmq_wait(items, n, deadline);
        now = ohmq_now();
    }
    wait->waited_ns = now - began;
    return ready;
}

#endif
