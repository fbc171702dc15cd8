#define _GNU_SOURCE /* sched_setaffinity */
#include "common.h"

#include <errno.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static int arg_count;
static char **arg_values;

const char *text_or(const char *key, const char *otherwise)
{
    size_t length = strlen(key);
    for (int i = 2; i < arg_count; i++)
        if (strncmp(arg_values[i], key, length) == 0 && arg_values[i][length] == '=')
            return arg_values[i] + length + 1;
    return otherwise;
}

const char *text(const char *key)
{
    const char *value = text_or(key, NULL);
    if (value == NULL) {
        fprintf(stderr, "missing argument %s=\n", key);
        exit(2);
    }
    return value;
}

long number(const char *key, long otherwise)
{
    const char *value = text_or(key, NULL);
    return value == NULL ? otherwise : strtol(value, NULL, 10);
}

double real(const char *key, double otherwise)
{
    const char *value = text_or(key, NULL);
    return value == NULL ? otherwise : strtod(value, NULL);
}

double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

static int type_number(const char *type)
{
    static const struct { const char *name; int number; } types[] = {
        {"PUSH", ZMQ_PUSH}, {"PULL", ZMQ_PULL}, {"PUB", ZMQ_PUB}, {"SUB", ZMQ_SUB},
        {"REQ", ZMQ_REQ}, {"REP", ZMQ_REP}, {"ROUTER", ZMQ_ROUTER}, {"DEALER", ZMQ_DEALER},
        {"PAIR", ZMQ_PAIR},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, type) == 0)
            return types[i].number;
    fprintf(stderr, "unknown socket type %s\n", type);
    exit(2);
}

void *make_socket(void *context, const char *type)
{
    void *socket = zmq_socket(context, type_number(type));
    must(socket != NULL, "zmq_socket");
    int hwm = (int)number("hwm", 1000), linger = 0;
    must(zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm) == 0, "SNDHWM");
    must(zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm) == 0, "RCVHWM");
    must(zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) == 0, "LINGER");
    return socket;
}

void attach(void *socket, const char *address)
{
    if (address[0] == '@')
        must(zmq_bind(socket, address + 1) == 0, address + 1);
    else
        must(zmq_connect(socket, address) == 0, address);
}

void ready(void **bound, int count)
{
    printf("ready");
    for (int i = 0; i < count; i++) {
        char endpoint[256] = "";
        size_t size = sizeof endpoint;
        must(zmq_getsockopt(bound[i], ZMQ_LAST_ENDPOINT, endpoint, &size) == 0, "LAST_ENDPOINT");
        printf(" %s", endpoint);
    }
    printf("\n");
    fflush(stdout);
}

void result(double value)
{
    printf("result %.9g\n", value);
    fflush(stdout);
}

double measure_rate(step_fn step, void *state)
{
    double seconds = real("seconds", 1.0);
    double end = now_s() + real("warm", 0.2);
    while (now_s() < end)
        step(state);

    long done = 0;
    double begin = now_s(), at = begin;
    end = begin + seconds;
    while (at < end) {
        done += step(state);
        at = now_s();
    }
    return (double)done / (at - begin);
}

/* Not a role: prints libzmq's version. */
int role_version(void *context)
{
    int major, minor, patch;
    (void)context;
    zmq_version(&major, &minor, &patch);
    printf("%d.%d.%d\n", major, minor, patch);
    return 0;
}

/* Stay on the cores of the argument "cores", a list with commas. */
static void stay_on_cores(void)
{
#ifdef __linux__
    const char *list = text_or("cores", "");
    cpu_set_t set;
    CPU_ZERO(&set);
    for (char *next; *list != '\0'; list = *next == ',' ? next + 1 : next)
        CPU_SET((size_t)strtol(list, &next, 10), &set);
    if (CPU_COUNT(&set) > 0)
        must(sched_setaffinity(0, sizeof set, &set) == 0, "sched_setaffinity");
#endif
}

int main(int argc, char **argv)
{
    static const struct { const char *name; int (*run)(void *); } roles[] = {
        {"source", role_source}, {"sink", role_sink}, {"subscriber", role_subscriber},
        {"replier", role_replier}, {"requester", role_requester},
        {"inproc_roundtrip", role_inproc_roundtrip}, {"client", role_client},
        {"relay", role_relay}, {"option", role_option}, {"poll", role_poll},
        {"burst", role_burst}, {"version", role_version},
    };
    arg_count = argc;
    arg_values = argv;
    /* The harness ends every worker; this is the end of one whose harness died. */
    alarm((unsigned)number("alarm", 120));
    stay_on_cores();
    for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, argv[1]) == 0)
            return roles[i].run(zmq_ctx_new());
    fprintf(stderr, "usage: worker ROLE KEY=VALUE...\n");
    return 2;
}
