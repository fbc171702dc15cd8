/* zmq_proxy between two bound sockets, with an optional capture socket. */
#include "common.h"

#include <string.h>
#include <zmq.h>

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
    zmq_proxy(sockets[0], sockets[1], sockets[2]);
    return 0;
}
