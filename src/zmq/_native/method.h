/* A function of Cython in the shape of one of Python.
 *
 * unittest.mock takes for a method, with a signature to check and with `self` to hand on, only what
 * is an instance of types.FunctionType; inspect and pydoc look for that, too. isinstance() believes
 * what an object says of its __class__. A call costs one jump more than that of the function itself,
 * and no Python frame; the interpreter binds no object for it either. */
#ifndef OHMQ_METHOD_H
#define OHMQ_METHOD_H

#include <Python.h>
#include <structmember.h>

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    vectorcallfunc call; /* that of the function */
    PyObject *function;
    PyTypeObject *owner; /* the class that `self` has to be of, or NULL */
    PyObject *name;
    PyObject *qualname;
    PyObject *module;
} ohmq_method;

/* Whether an object has the memory of a class: then the class is among the first bases, which
 * the memory comes from, and they are looked through sooner than all bases. */
static inline int ohmq_is_a(PyObject *object, PyTypeObject *cls) {
    PyTypeObject *type = Py_TYPE(object);
    while (type != cls && type != NULL)
        type = type->tp_base;
    return type != NULL;
}

static PyObject *ohmq_method_refuse(ohmq_method *method, PyObject *object) {
    PyErr_Format(PyExc_TypeError, "descriptor '%U' for '%s' objects doesn't apply to a '%s' object",
                 method->name, method->owner->tp_name, Py_TYPE(object)->tp_name);
    return NULL;
}

/* Cython takes `self` for what it should be, and reads and writes it as such. */
static PyObject *ohmq_method_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                                        PyObject *names) {
    ohmq_method *method = (ohmq_method *)self;
    if (method->owner != NULL && PyVectorcall_NARGS(nargsf) > 0 &&
        !ohmq_is_a(args[0], method->owner))
        return ohmq_method_refuse(method, args[0]);
    return method->call(method->function, args, nargsf, names);
}

static int ohmq_method_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((ohmq_method *)self)->function);
    Py_VISIT(((ohmq_method *)self)->owner);
    return 0;
}

/* No tp_clear: the dictionary of a class, which every cycle goes through, is cleared. */
static void ohmq_method_dealloc(PyObject *self) {
    ohmq_method *method = (ohmq_method *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(method->function);
    Py_XDECREF((PyObject *)method->owner);
    Py_XDECREF(method->name);
    Py_XDECREF(method->qualname);
    Py_XDECREF(method->module);
    PyObject_GC_Del(self);
}

static PyObject *ohmq_method_bind(PyObject *self, PyObject *object, PyObject *type) {
    (void)type;
    if (object == NULL || object == Py_None) {
        Py_INCREF(self);
        return self;
    }
    return PyMethod_New(self, object);
}

static PyObject *ohmq_method_repr(PyObject *self) {
    return PyUnicode_FromFormat("<function %U at %p>", ((ohmq_method *)self)->qualname, self);
}

/* What is not here is that of the function: __code__, __defaults__, __annotations__ ... */
static PyObject *ohmq_method_getattr(PyObject *self, PyObject *name) {
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        found = PyObject_GetAttr(((ohmq_method *)self)->function, name);
    }
    return found;
}
static int ohmq_method_setattr(PyObject *self, PyObject *name, PyObject *value) {
    return PyObject_SetAttr(((ohmq_method *)self)->function, name, value);
}

static PyObject *ohmq_method_class(PyObject *self, void *closure) {
    (void)self, (void)closure;
    Py_INCREF((PyObject *)&PyFunction_Type);
    return (PyObject *)&PyFunction_Type;
}
static PyObject *ohmq_method_doc(PyObject *self, void *closure) {
    (void)closure;
    return PyObject_GetAttrString(((ohmq_method *)self)->function, "__doc__");
}
static PyGetSetDef ohmq_method_getset[] = {
    {"__class__", ohmq_method_class, NULL, NULL, NULL},
    {"__doc__", ohmq_method_doc, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMemberDef ohmq_method_members[] = {
    {"__name__", T_OBJECT, offsetof(ohmq_method, name), READONLY, NULL},
    {"__qualname__", T_OBJECT, offsetof(ohmq_method, qualname), READONLY, NULL},
    {"__module__", T_OBJECT, offsetof(ohmq_method, module), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* copy and pickle take it for what it is called. */
static PyObject *ohmq_method_reduce(PyObject *self, PyObject *nothing) {
    (void)nothing;
    Py_INCREF(((ohmq_method *)self)->qualname);
    return ((ohmq_method *)self)->qualname;
}
static PyMethodDef ohmq_method_methods[] = {
    {"__reduce__", ohmq_method_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject ohmq_method_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "zmq._native.method",
    .tp_basicsize = sizeof(ohmq_method),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(ohmq_method, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = ohmq_method_bind,
    .tp_dealloc = ohmq_method_dealloc,
    .tp_traverse = ohmq_method_traverse,
    .tp_repr = ohmq_method_repr,
    .tp_getattro = ohmq_method_getattr,
    .tp_setattro = ohmq_method_setattr,
    .tp_getset = ohmq_method_getset,
    .tp_members = ohmq_method_members,
    .tp_methods = ohmq_method_methods,
};

/* A method that calls a function of Cython; NULL with an exception. An owner of None stands for a
 * function that looks at its `self` by itself. */
static PyObject *ohmq_method_new(PyObject *function, PyObject *owner, PyObject *name,
                                 PyObject *qualname, PyObject *module) {
    vectorcallfunc call = PyVectorcall_Function(function);
    ohmq_method *method;
    if (call == NULL) {
        PyErr_Format(PyExc_TypeError, "%R has no vectorcall", function);
        return NULL;
    }
    if (PyType_Ready(&ohmq_method_type) < 0)
        return NULL;
    method = PyObject_GC_New(ohmq_method, &ohmq_method_type);
    if (method == NULL)
        return NULL;
    Py_INCREF(function);
    if (owner == Py_None)
        owner = NULL;
    Py_XINCREF(owner);
    Py_INCREF(name);
    Py_INCREF(qualname);
    Py_INCREF(module);
    method->vectorcall = ohmq_method_vectorcall;
    method->call = call;
    method->function = function;
    method->owner = (PyTypeObject *)owner;
    method->name = name;
    method->qualname = qualname;
    method->module = module;
    PyObject_GC_Track((PyObject *)method);
    return (PyObject *)method;
}

/* Put something into the dictionary of a class of this module, which Python cannot change. */
static int ohmq_set_in_class(PyTypeObject *cls, PyObject *name, PyObject *value) {
    int rc;
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *dict = PyType_GetDict(cls);
#else
    PyObject *dict = cls->tp_dict;
    Py_INCREF(dict);
#endif
    rc = PyDict_SetItem(dict, name, value);
    Py_DECREF(dict);
    PyType_Modified(cls);
    return rc;
}
#endif
