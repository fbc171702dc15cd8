/* Requests and replies: one at a time (REQ, REP), and pipelined (DEALER). */
#include "common.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

struct peer {
    void *socket;
    long chunk;
    size_t size;
    char *buffer;
};

static struct peer make_peer(void *context, const char *type)
{
    struct peer p = {.size = (size_t)number("size", 32), .chunk = number("chunk", 100)};
    p.buffer = calloc(1, p.size);
    p.socket = make_socket(context, type);
    return p;
}

static void echo(struct peer *p)
{
    int size = zmq_recv(p->socket, p->buffer, p->size, 0);
    must(size >= 0, "zmq_recv");
    must(zmq_send(p->socket, p->buffer, (size_t)size, 0) >= 0, "zmq_send");
}

static long ask(void *state)
{
    struct peer *p = state;
    for (long i = 0; i < p->chunk; i++) {
        must(zmq_send(p->socket, p->buffer, p->size, 0) >= 0, "zmq_send");
        must(zmq_recv(p->socket, p->buffer, p->size, 0) >= 0, "zmq_recv");
    }
    return p->chunk;
}

int role_replier(void *context)
{
    struct peer p = make_peer(context, "REP");
    attach(p.socket, text("at"));
    ready(&p.socket, 1);
    for (;;)
        echo(&p);
}

/* The result is microseconds a round trip. */
int role_requester(void *context)
{
    struct peer p = make_peer(context, "REQ");
    attach(p.socket, text("at"));
    ready(NULL, 0);
    result(1e6 / measure_rate(ask, &p));
    return 0;
}

static void *echo_thread(void *context)
{
    struct peer p = make_peer(context, "REP");
    attach(p.socket, "inproc://roundtrip");
    for (;;)
        echo(&p);
    return NULL;
}

int role_inproc_roundtrip(void *context)
{
    pthread_t thread;
    struct peer p = make_peer(context, "REQ");
    attach(p.socket, "@inproc://roundtrip");
    must(pthread_create(&thread, NULL, echo_thread, context) == 0, "pthread_create");
    ready(NULL, 0);
    result(1e6 / measure_rate(ask, &p));
    exit(0); /* the other thread is in a call and stays there */
}

/* Keeps "window" requests on the way; the result is replies per second. */
static void request(struct peer *p)
{
    must(zmq_send(p->socket, "", 0, ZMQ_SNDMORE) >= 0, "zmq_send");
    must(zmq_send(p->socket, p->buffer, p->size, 0) >= 0, "zmq_send");
}

static long exchange(void *state)
{
    struct peer *p = state;
    for (long i = 0; i < p->chunk; i++) {
        must(zmq_recv(p->socket, p->buffer, p->size, 0) >= 0, "zmq_recv");
        must(zmq_recv(p->socket, p->buffer, p->size, 0) >= 0, "zmq_recv");
        request(p);
    }
    return p->chunk;
}

int role_client(void *context)
{
    struct peer p = make_peer(context, "DEALER");
    attach(p.socket, text("at"));
    ready(NULL, 0);
    for (long i = number("window", 200); i > 0; i--)
        request(&p);
    result(measure_rate(exchange, &p));
    return 0;
}
