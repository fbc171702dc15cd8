/* A relay between two bound sockets, with an optional capture socket: zmq_proxy, or, as that has no
 * such thing, a loop that puts a prefix before each message of the capture socket. */
#include "common.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

enum { BURST = 1000 }; /* as zmq_proxy has it */

static void capture_part(void *capture, zmq_msg_t *part, int more)
{
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    must(zmq_msg_copy(&copy, part) == 0, "zmq_msg_copy");
    must(zmq_msg_send(&copy, capture, more ? ZMQ_SNDMORE : 0) >= 0, "zmq_msg_send");
}

/* Moves what there is, up to a burst of messages. */
static void move_prefixed(void *from, void *to, void *capture, zmq_msg_t *prefix)
{
    for (int done = 0, first = 1; done < BURST || !first;) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, from, ZMQ_DONTWAIT) < 0) {
            must(errno == EAGAIN, "zmq_msg_recv");
            return;
        }
        int more = zmq_msg_more(&part);
        if (first)
            capture_part(capture, prefix, 1);
        capture_part(capture, &part, more);
        must(zmq_msg_send(&part, to, more ? ZMQ_SNDMORE : 0) >= 0, "zmq_msg_send");
        first = !more;
        done += first;
    }
}

static void make_prefix(zmq_msg_t *prefix, const char *text)
{
    must(zmq_msg_init_size(prefix, strlen(text)) == 0, "zmq_msg_init_size");
    memcpy(zmq_msg_data(prefix), text, strlen(text));
}

static void proxy_prefixed(void **sockets)
{
    zmq_msg_t prefixes[2];
    make_prefix(&prefixes[0], "in");
    make_prefix(&prefixes[1], "out");
    zmq_pollitem_t items[] = {{sockets[0], 0, ZMQ_POLLIN, 0}, {sockets[1], 0, ZMQ_POLLIN, 0}};
    int ways = strcmp(text("out_type"), "PUSH") == 0 ? 1 : 2;
    for (;;) {
        must(zmq_poll(items, ways, -1) >= 0, "zmq_poll");
        for (int i = 0; i < ways; i++)
            if (items[i].revents & ZMQ_POLLIN)
                move_prefixed(sockets[i], sockets[1 - i], sockets[2], &prefixes[i]);
    }
}

int role_relay(void *context)
{
    void *sockets[3] = {NULL, NULL, NULL};
    int count = 2;
    sockets[0] = make_socket(context, text("in_type"));
    attach(sockets[0], text("in"));
    sockets[1] = make_socket(context, text("out_type"));
    attach(sockets[1], text("out"));
    if (strcmp(text_or("mon", ""), "") != 0) {
        sockets[2] = make_socket(context, "PUB");
        attach(sockets[2], text("mon"));
        count = 3;
    }
    ready(sockets, count);
    if (strcmp(text_or("prefixed", "no"), "yes") == 0)
        proxy_prefixed(sockets);
    zmq_proxy(sockets[0], sockets[1], sockets[2]);
    return 0;
}
