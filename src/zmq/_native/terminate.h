/* Counting references from a thread that Python does not know of. */
#ifndef OHMQ_TERMINATE_H
#define OHMQ_TERMINATE_H
#ifdef _MSC_VER
#include <intrin.h>
#define ohmq_drop_reference(references) _InterlockedDecrement((volatile long *)(references))
#else
static inline int ohmq_drop_reference(int *references) {
    return __atomic_sub_fetch(references, 1, __ATOMIC_ACQ_REL);
}
#endif
#endif
