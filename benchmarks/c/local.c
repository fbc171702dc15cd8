/* Work of one process: options, polling, and bursts through an inproc pipe. */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static long get_option(void *socket)
{
    for (int i = 0; i < 1000; i++) {
        int value;
        size_t size = sizeof value;
        must(zmq_getsockopt(socket, ZMQ_RCVHWM, &value, &size) == 0, "RCVHWM");
    }
    return 1000;
}

static long set_option(void *socket)
{
    for (int i = 0; i < 1000; i++) {
        int value = 0;
        must(zmq_setsockopt(socket, ZMQ_LINGER, &value, sizeof value) == 0, "LINGER");
    }
    return 1000;
}

/* The result is nanoseconds a call. */
int role_option(void *context)
{
    void *socket = make_socket(context, "PULL");
    int get = strcmp(text("op"), "get") == 0;
    ready(NULL, 0);
    result(1e9 / measure_rate(get ? get_option : set_option, socket));
    return 0;
}

struct poll_set {
    zmq_pollitem_t *items;
    int count, expected;
};

static long poll_once(void *state)
{
    struct poll_set *set = state;
    must(zmq_poll(set->items, set->count, 0) == set->expected, "zmq_poll");
    return 1;
}

/* The result is microseconds a poll. */
int role_poll(void *context)
{
    struct poll_set set = {.count = (int)number("count", 500),
                           .expected = (int)number("ready", 0)};
    must(zmq_ctx_set(context, ZMQ_MAX_SOCKETS, set.count + 10) == 0, "zmq_ctx_set");
    void *peer = make_socket(context, "PUSH");
    attach(peer, "@inproc://ready");
    set.items = calloc((size_t)set.count, sizeof *set.items);
    for (int i = 0; i < set.count; i++) {
        void *socket = make_socket(context, "PULL");
        set.items[i] = (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
        if (i == set.count / 2 && set.expected > 0) {
            attach(socket, "inproc://ready");
            must(zmq_send(peer, "x", 1, 0) == 1, "zmq_send");
        }
    }
    ready(NULL, 0);
    result(1e6 / measure_rate(poll_once, &set));
    return 0;
}

/* "count" messages into an inproc pipe, then out of it, again and again; only
 * one of the two halves is timed. The result is messages per second. */
int role_burst(void *context)
{
    long count = number("count", 10000);
    size_t size = (size_t)number("size", 32);
    char *buffer = calloc(1, size);
    int sending = strcmp(text("side"), "send") == 0;
    void *in = make_socket(context, "PULL"), *out = make_socket(context, "PUSH");
    attach(in, "@inproc://burst");
    attach(out, "inproc://burst");
    ready(NULL, 0);

    double spent = 0, seconds = real("seconds", 1.0);
    long done = -count; /* the first round warms up */
    while (spent < seconds) {
        double begin = now_s();
        for (long i = 0; i < count; i++)
            must(zmq_send(out, buffer, size, 0) >= 0, "zmq_send");
        double middle = now_s();
        for (long i = 0; i < count; i++)
            must(zmq_recv(in, buffer, size, 0) >= 0, "zmq_recv");
        double end = now_s();
        if (done >= 0)
            spent += sending ? middle - begin : end - middle;
        done += count;
    }
    result((double)done / spent);
    return 0;
}
