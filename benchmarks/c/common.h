/* What every role of the C worker shares: arguments, clock, sockets, the protocol.
 *
 * The worker speaks the same protocol as the Python one: it prints
 * "ready ENDPOINT..." when its sockets are bound and connected, and, if it is
 * the process that measures, "result NUMBER" at the end. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stddef.h>

/* Arguments are KEY=VALUE. */
const char *text(const char *key);      /* exits when it is missing */
const char *text_or(const char *key, const char *otherwise);
long number(const char *key, long otherwise);
double real(const char *key, double otherwise);

double now_s(void);                     /* CLOCK_MONOTONIC */
void must(int ok, const char *what);    /* exits with errno's text unless ok */

/* A socket with HWM and LINGER as given by the arguments ("hwm", default 1000). */
void *make_socket(void *context, const char *type);
/* Attach to the endpoint: "@ADDRESS" binds, anything else connects. */
void attach(void *socket, const char *address);
void ready(void **bound, int count);    /* print the bound endpoints */
void result(double value);

/* Do chunks of work for "warm" s, then for "seconds" s; units of work per second.
 * step() does one chunk and returns how many units it did. */
typedef long (*step_fn)(void *state);
double measure_rate(step_fn step, void *state);

int role_source(void *context);
int role_sink(void *context);
int role_subscriber(void *context);
int role_replier(void *context);
int role_requester(void *context);
int role_inproc_roundtrip(void *context);
int role_client(void *context);
int role_relay(void *context);
int role_option(void *context);
int role_poll(void *context);
int role_burst(void *context);
int role_version(void *context);

#endif
