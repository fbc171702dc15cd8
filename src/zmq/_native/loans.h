/* Zero-copy release: libzmq's threads push, a thread that holds the GIL collects.
 *
 * A message that lends a Python buffer to libzmq carries an ohmq_loan. When libzmq has let go of
 * the message it calls ohmq_loan_returned, from any of its threads: that only links the loan into
 * a lock-free stack. Python's side takes the whole stack at once.
 */
#ifndef OHMQ_LOANS_H
#define OHMQ_LOANS_H

#include "platform.h"

typedef struct ohmq_loan {
    struct ohmq_loan *next;
    Py_buffer view;    /* the buffer lent; view.obj is what keeps it alive */
    PyObject *event;   /* set() when the loan has ended, or NULL */
} ohmq_loan;

static ohmq_loan *ohmq_loans = NULL;
static ohmq_waker ohmq_loan_waker; /* opened with the first loan */

/* What was on top before. Whole stacks are taken, never one loan: so none can come back meanwhile. */
static inline ohmq_loan *ohmq_loan_push(ohmq_loan **stack, ohmq_loan *loan) {
    ohmq_loan *top;
    do {
        top = (ohmq_loan *)ohmq_load_pointer((void **)stack);
        loan->next = top;
    } while (!ohmq_cas_pointer((void **)stack, top, loan));
    return top;
}

static void ohmq_loan_returned(void *data, void *hint) {
    (void)data;
    /* Only the first of a batch wakes the loan thread; the rest ride along. */
    if (ohmq_loan_push(&ohmq_loans, (ohmq_loan *)hint) == NULL)
        ohmq_waker_wake(&ohmq_loan_waker);
}

static inline ohmq_loan *ohmq_loans_take(void) {
    return (ohmq_loan *)ohmq_swap_pointer((void **)&ohmq_loans, NULL);
}
static inline int ohmq_loans_any(void) { return ohmq_load_pointer((void **)&ohmq_loans) != NULL; }

/* Loans that have ended and whose event is still to be set: a stack of the same kind. */
static ohmq_loan *ohmq_ended_loans = NULL;

static inline void ohmq_loan_ended(ohmq_loan *loan) {
    ohmq_loan_push(&ohmq_ended_loans, loan);
}
static inline ohmq_loan *ohmq_loans_take_ended(void) {
    return (ohmq_loan *)ohmq_swap_pointer((void **)&ohmq_ended_loans, NULL);
}
static inline int ohmq_loans_any_ended(void) {
    return ohmq_load_pointer((void **)&ohmq_ended_loans) != NULL;
}
#endif
