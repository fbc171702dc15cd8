/* Attributes, looked up without an exception where there is none. What CPython gives here is a
 * borrowed reference: without the GIL another thread may have the object freed meanwhile. These give
 * new references. */
#ifndef OHMQ_LOOKUP_H
#define OHMQ_LOOKUP_H

#include <Python.h>

/* What a class has under a name, or NULL. */
static inline PyObject *ohmq_class_attribute(PyTypeObject *cls, PyObject *name) {
#ifdef Py_GIL_DISABLED
    return _PyType_LookupRef(cls, name);
#else
    PyObject *found = _PyType_Lookup(cls, name);
    Py_XINCREF(found);
    return found;
#endif
}

/* Whether a class has that very object under a name. */
static inline int ohmq_class_has(PyTypeObject *cls, PyObject *name, PyObject *thing) {
    return _PyType_Lookup(cls, name) == thing; /* not looked into */
}

/* A new reference to what a weak reference tells of, or NULL where that is gone. */
static inline PyObject *ohmq_strong_reference(PyObject *weak) {
#ifdef Py_GIL_DISABLED
    PyObject *found = NULL;
    if (PyWeakref_GetRef(weak, &found) < 0)
        PyErr_Clear();
    return found;
#else
    (void)weak;
    return NULL; /* not used: with the GIL the counts of references tell */
#endif
}

/* The dictionary of an object, or NULL where it has none (yet). */
static inline PyObject *ohmq_dict_of(PyObject *object) {
    PyObject **where, *dict = NULL;
#ifdef Py_GIL_DISABLED
    if (PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_MANAGED_DICT)) {
        dict = PyObject_GenericGetDict(object, NULL);
        if (dict == NULL)
            PyErr_Clear();
        return dict;
    }
    Py_BEGIN_CRITICAL_SECTION(object);
#endif
    where = _PyObject_GetDictPtr(object);
    if (where != NULL && *where != NULL) {
        dict = *where;
        Py_INCREF(dict);
    }
#ifdef Py_GIL_DISABLED
    Py_END_CRITICAL_SECTION();
#endif
    return dict;
}

#endif
