/* Leaving the context (of contextvars) that an event loop has entered for a callback. */
#ifndef OHMQ_STEP_OUT_H
#define OHMQ_STEP_OUT_H

#include <Python.h>

/* asyncio calls a reader in a context of its own, which cannot be entered twice: where program
 * code that runs in it runs the loop, the reader could not be called. So it steps out. The
 * context that the thread is in, NULL if it is in none; a new reference. */
static PyObject *ohmq_step_out(void) {
    PyObject *context = PyThreadState_Get()->context;
    Py_XINCREF(context);
    if (context && PyContext_Exit(context) < 0) {
        PyErr_Clear(); /* it was not entered: the thread was born with it */
        Py_CLEAR(context);
    }
    return context;
}
static int ohmq_step_in(PyObject *context) {
    int rc = context ? PyContext_Enter(context) : 0;
    Py_XDECREF(context);
    return rc;
}
#endif
