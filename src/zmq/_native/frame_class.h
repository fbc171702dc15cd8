/* A class of Python on top of our own, whose objects are made and freed as those of our own are.
 *
 * It adds nothing to them. Python's own ways for subclasses, which serve everything that a class may
 * add, would take a quarter of the time of a receive. */
#ifndef OHMQ_FRAME_CLASS_H
#define OHMQ_FRAME_CLASS_H

#include "method.h"

static PyTypeObject *ohmq_native_frame = NULL;
static PyTypeObject *ohmq_frame_class = NULL;

/* Make a new object of our own class one of the other: they are alike. */
static inline void ohmq_frame_adopt(PyObject *frame) {
    if (ohmq_frame_class != NULL) {
        Py_INCREF((PyObject *)ohmq_frame_class);
        Py_SET_TYPE(frame, ohmq_frame_class);
    }
}

static void ohmq_frame_dealloc(PyObject *frame) {
    PyTypeObject *cls = Py_TYPE(frame);
    ohmq_native_frame->tp_dealloc(frame);
    Py_DECREF(cls); /* an object of a class of Python has a reference to it */
}

static PyObject *ohmq_frame_call(PyObject *cls, PyObject *const *args, size_t nargsf,
                                 PyObject *names) {
    PyTypeObject *type = (PyTypeObject *)cls;
    Py_ssize_t i, n = PyVectorcall_NARGS(nargsf), n_names = names ? PyTuple_GET_SIZE(names) : 0;
    PyObject *tuple, *dict, *made = NULL;
    if (type->tp_init == ohmq_native_frame->tp_init && type->tp_new == ohmq_native_frame->tp_new)
        return ohmq_native_frame->tp_vectorcall(cls, args, nargsf, names);
    /* __init__ or __new__ has been replaced. */
    tuple = PyTuple_New(n);
    dict = PyDict_New();
    if (tuple && dict) {
        for (i = 0; i < n; i++) {
            Py_INCREF(args[i]);
            PyTuple_SET_ITEM(tuple, i, args[i]);
        }
        for (i = 0; i < n_names; i++)
            if (PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), args[n + i]) < 0)
                break;
        if (i == n_names)
            made = PyType_Type.tp_call(cls, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return made;
}

/* ---- attributes of one object ---- */
/* Cython would make a dictionary with each object that may have one. Ours is made when it is needed,
 * as Python makes those of its own classes. */
static traverseproc ohmq_frame_traverse_rest;
static inquiry ohmq_frame_clear_rest;

static int ohmq_frame_traverse(PyObject *frame, visitproc visit, void *arg) {
    Py_VISIT(*(PyObject **)((char *)frame + ohmq_native_frame->tp_dictoffset));
    return ohmq_frame_traverse_rest(frame, visit, arg);
}
static int ohmq_frame_clear(PyObject *frame) {
    Py_CLEAR(*(PyObject **)((char *)frame + ohmq_native_frame->tp_dictoffset));
    return ohmq_frame_clear_rest(frame);
}

static PyGetSetDef ohmq_frame_dict = {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict,
                                      NULL, NULL};

/* Where in an object the dictionary is; before there is any other class. */
static int ohmq_frame_has_dict(PyTypeObject *native, Py_ssize_t offset) {
    PyObject *name = PyUnicode_InternFromString("__dict__");
    PyObject *descriptor = PyDescr_NewGetSet(native, &ohmq_frame_dict);
    int rc = -1;
    ohmq_native_frame = native;
    native->tp_dictoffset = offset;
    ohmq_frame_traverse_rest = native->tp_traverse;
    native->tp_traverse = ohmq_frame_traverse;
    ohmq_frame_clear_rest = native->tp_clear;
    native->tp_clear = ohmq_frame_clear;
    if (name && descriptor)
        rc = ohmq_set_in_class(native, name, descriptor);
    Py_XDECREF(name);
    Py_XDECREF(descriptor);
    return rc;
}

static void ohmq_adopt_frame_class(PyTypeObject *native, PyTypeObject *cls) {
    ohmq_frame_class = cls;
    cls->tp_dealloc = ohmq_frame_dealloc;
    /* Python's own would look for __getattr__ and __setattr__ by name at every access. */
    cls->tp_getattro = native->tp_getattro;
    cls->tp_setattro = native->tp_setattro;
    PyType_Modified(cls);
    if (native->tp_vectorcall)
        cls->tp_vectorcall = ohmq_frame_call;
}
#endif
