/* One-way streams: a source that sends without end, a sink that counts. */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

struct stream {
    void *socket;
    long chunk;
    size_t size;
    char *buffer;
};

static void keep(void *data, void *hint)
{
    (void)data; /* the buffer is shared by all messages and outlives them */
    (void)hint;
}

static void send_message(struct stream *s, int parts, int copy)
{
    for (int part = 0; part < parts; part++) {
        int flags = part + 1 < parts ? ZMQ_SNDMORE : 0;
        if (copy) {
            must(zmq_send(s->socket, s->buffer, s->size, flags) >= 0, "zmq_send");
            continue;
        }
        zmq_msg_t message;
        must(zmq_msg_init_data(&message, s->buffer, s->size, keep, NULL) == 0, "init_data");
        must(zmq_msg_send(&message, s->socket, flags) >= 0, "zmq_msg_send");
    }
}

int role_source(void *context)
{
    struct stream s = {.size = (size_t)number("size", 32)};
    int parts = (int)number("parts", 1), copy = (int)number("copy", 1);
    s.buffer = calloc(1, s.size);
    s.socket = make_socket(context, text_or("type", "PUSH"));
    attach(s.socket, text("at"));
    ready(NULL, 0);
    for (;;)
        send_message(&s, parts, copy);
}

/* Bodies are copied out, as a Python bytes object is one more copy too. */
static long receive_copies(void *state)
{
    struct stream *s = state;
    for (long i = 0; i < s->chunk; i++)
        must(zmq_recv(s->socket, s->buffer, s->size, 0) >= 0, "zmq_recv");
    return s->chunk;
}

/* Whole messages of any number of parts, left where libzmq put them. */
static long receive_messages(void *state)
{
    struct stream *s = state;
    for (long i = 0; i < s->chunk; i++) {
        int more = 1;
        while (more) {
            zmq_msg_t part;
            zmq_msg_init(&part);
            must(zmq_msg_recv(&part, s->socket, 0) >= 0, "zmq_msg_recv");
            more = zmq_msg_more(&part);
            zmq_msg_close(&part);
        }
    }
    return s->chunk;
}

int role_sink(void *context)
{
    struct stream s = {.size = (size_t)number("size", 32), .chunk = number("chunk", 500)};
    int whole = number("parts", 1) > 1 || number("copy", 1) == 0;
    s.buffer = malloc(s.size);
    s.socket = make_socket(context, text_or("type", "PULL"));
    attach(s.socket, text("at"));
    ready(&s.socket, 1);
    receive_messages(&(struct stream){.socket = s.socket, .chunk = 1}); /* the peer is there */
    result(measure_rate(whole ? receive_messages : receive_copies, &s));
    return 0;
}

/* Reads all that a relay's monitor publishes; measures nothing. */
int role_subscriber(void *context)
{
    struct stream s = {.chunk = 1000};
    s.socket = make_socket(context, "SUB");
    must(zmq_setsockopt(s.socket, ZMQ_SUBSCRIBE, "", 0) == 0, "SUBSCRIBE");
    attach(s.socket, text("at"));
    ready(NULL, 0);
    for (;;)
        receive_messages(&s);
}
