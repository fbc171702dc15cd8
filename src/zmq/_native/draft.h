/* Functions that only a libzmq built with its draft API exports. They are asked for at run time:
 * a weak symbol is NULL where the library that was loaded does not have it. */
#ifndef OHMQ_DRAFT_H
#define OHMQ_DRAFT_H

#include <stdint.h>
#include <zmq.h>

#ifndef ZMQ_BUILD_DRAFT_API
#ifdef _WIN32
static void *ohmq_draft_symbol(const char *name) {
    HMODULE library = GetModuleHandleA("libzmq");
    return library ? (void *)GetProcAddress(library, name) : NULL;
}
#define zmq_join ((int (*)(void *, const char *))ohmq_draft_symbol("zmq_join"))
#define zmq_leave ((int (*)(void *, const char *))ohmq_draft_symbol("zmq_leave"))
#define zmq_msg_set_routing_id \
    ((int (*)(zmq_msg_t *, uint32_t))ohmq_draft_symbol("zmq_msg_set_routing_id"))
#define zmq_msg_routing_id ((uint32_t(*)(zmq_msg_t *))ohmq_draft_symbol("zmq_msg_routing_id"))
#define zmq_msg_set_group \
    ((int (*)(zmq_msg_t *, const char *))ohmq_draft_symbol("zmq_msg_set_group"))
#define zmq_msg_group ((const char *(*)(zmq_msg_t *))ohmq_draft_symbol("zmq_msg_group"))
#define zmq_connect_peer \
    ((uint32_t(*)(void *, const char *))ohmq_draft_symbol("zmq_connect_peer"))
#define zmq_poller_new ((void *(*)(void))ohmq_draft_symbol("zmq_poller_new"))
#define zmq_poller_destroy ((int (*)(void **))ohmq_draft_symbol("zmq_poller_destroy"))
#define zmq_poller_add \
    ((int (*)(void *, void *, void *, short))ohmq_draft_symbol("zmq_poller_add"))
#define zmq_poller_fd ((int (*)(void *, zmq_fd_t *))ohmq_draft_symbol("zmq_poller_fd"))
#else
extern int zmq_join(void *, const char *) __attribute__((weak));
extern int zmq_leave(void *, const char *) __attribute__((weak));
extern int zmq_msg_set_routing_id(zmq_msg_t *, uint32_t) __attribute__((weak));
extern uint32_t zmq_msg_routing_id(zmq_msg_t *) __attribute__((weak));
extern int zmq_msg_set_group(zmq_msg_t *, const char *) __attribute__((weak));
extern const char *zmq_msg_group(zmq_msg_t *) __attribute__((weak));
extern uint32_t zmq_connect_peer(void *, const char *) __attribute__((weak));
extern void *zmq_poller_new(void) __attribute__((weak));
extern int zmq_poller_destroy(void **) __attribute__((weak));
extern int zmq_poller_add(void *, void *, void *, short) __attribute__((weak));
extern int zmq_poller_fd(void *, zmq_fd_t *) __attribute__((weak));
#endif
#endif

#define ohmq_have_groups() (zmq_join != NULL && zmq_msg_set_group != NULL)
#define ohmq_have_routing_ids() (zmq_msg_set_routing_id != NULL)
#define ohmq_have_peers() (zmq_connect_peer != NULL)
#define ohmq_have_pollers() (zmq_poller_new != NULL && zmq_poller_fd != NULL)

#endif
