/* What futures use of CPython and of asyncio, beside the C API. */
#ifndef OHMQ_FUTURES_H
#define OHMQ_FUTURES_H

#include <Python.h>
#include <structmember.h>

/* Where instances have the attribute of a member descriptor, one of __slots__. */
static inline Py_ssize_t ohmq_offset_of(PyObject *member) {
    return ((PyMemberDescrObject *)member)->d_member->offset;
}

/* Before 3.12 asyncio asks for the process id, a system call, wherever it is asked for the loop that
 * runs. What it keeps for the thread is made anew whenever another loop runs: the same one, the same
 * loop. */
#if PY_VERSION_HEX < 0x030C0000
#define OHMQ_RUNNING_KEY "__asyncio_running_event_loop__"
#else
#define OHMQ_RUNNING_KEY NULL
#endif

#endif
