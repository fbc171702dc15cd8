# The contract of the extension module: its structs, its classes and the constants that its pieces
# share. What each piece does with them is in _native/*.pxi; tables of states stand at the head of
# the piece that owns the state. Beside a pointer stands what it belongs to and how long it lives.

include "libzmq.pxi"

# ---- constants --------------------------------------------------------------------------------

# Flags of our own, which are taken off before flags go to libzmq, and what native calls return.
cpdef enum:
    FROM_QUEUE = 0x20000000   # the call is made for the first operation of a queue

cdef enum:
    TRYING = 0x40000000       # return NOT_NOW, or WOULD_BLOCK, where Again would be raised
    OURS = TRYING | FROM_QUEUE
    NOT_NOW = -2

cdef enum:
    LARGE = 262144            # copies of this size and more are made without the GIL
    FEW = 16                  # parts, or descriptors, for which no array is allocated
    EPOLL_BATCH = 64          # ready descriptors that are taken from an epoll set at once

cdef enum:
    RETRY_NS = 2000000        # between two attempts where no descriptor can be waited for
    STRETCH_NS = 1000000000   # the longest sleep at a stretch: see waiters.pxi
    LOCK_NS = 50000000        # how long the end of the process waits for the lock of a socket
    KEEP_LINGER = -2

# ---- one libzmq socket (handle.pxi, unread.pxi) -----------------------------------------------

cdef struct Waiter:
    # A thread that sleeps until the socket has events, or is woken. It lies on the stack of that
    # thread, which takes it out of the handle's list before it returns.
    Waiter *next
    Waiter *previous
    ohmq_waker waker
    short events
    bint sleeping
    bint woken

cdef enum Touch:
    USED = 0      # a call was made: EVENTS may have changed, an edge may be gone
    CLOSED = 1    # the socket is no more

# Something longer-lived that is told of every call on a socket: a poller's entry, an engine.
# While *sleeping is set it is told only of events that it waits for; else it looks by itself later.
ctypedef void (*touched_fn)(Watch *watch, Touch what) noexcept

cdef struct Watch:
    # A field of its owner, which takes it out of the handle's list when it is deallocated.
    Watch *next
    Watch *previous
    touched_fn touched
    void *owner        # the Entry or NativeEngine that it is a field of
    bint *sleeping     # a field of the owner, or of the owner's poller, which outlives it
    short events

cdef struct UnreadPart:
    # A message part that was put back, to be received before those of libzmq's own queue.
    # Allocated; the handle's list owns it.
    UnreadPart *next
    bint more
    int64_t order      # where it was among all parts; 0: before those that have a number
    zmq_msg_t msg

cdef struct Counters:
    int64_t messages_sent
    int64_t messages_received
    int64_t bytes_sent
    int64_t bytes_received
    int64_t would_block
    int64_t blocked_ns

cdef struct Received:
    # What a receive tells of the last part that it has taken; of its caller.
    bint more          # others of its message follow
    int64_t order      # its number

cdef struct EventsRead:
    # EVENTS of a socket, read once at most, and only if it is needed.
    bint done
    int error
    int events

cdef struct BusyWait:
    # Of what waits for several sockets (busy_wait.pxi).
    ohmq_busy_wait habit
    int64_t loop_limit_ns      # of an event loop that waits for these sockets
    int limits_set             # the state of the option that the limits are from

cdef struct BusyWaitLimit:
    # How long new sockets look, and whether that is the default or was set.
    int64_t ns
    bint by_default

cdef struct HandleList:
    # Of the lock, all that follows; and the links in the handles.
    ohmq_lock lock
    void *first        # borrowed, as are the links: a handle takes itself out when it goes
    void *last
    Py_ssize_t n
    int generation     # in which the handles were opened

cdef class Extras:
    # What few sockets have; made when it is first needed. Of the lock of the handle.
    cdef object relay          # the relay that has the socket, while it is claimed
    cdef object opened_at      # "file:line" in development mode
    cdef dict bound_as         # texts given to bind: the endpoints, where they are another text
    cdef tuple inproc_bound    # names that are ours until we give them up
    cdef list unguarded        # endpoints beyond this process, taken without CURVE or GSSAPI
    cdef int64_t monitor       # number of the monitor that tells of this socket, or 0
    cdef int64_t reads         # of the outlet that this socket reads, or 0
    cdef int64_t ends          # of the outlet that has no reader once this socket is closed
    cdef tuple gone            # inproc endpoints it has connected to whose socket is closed
    cdef dict counted          # by look_ahead, of an XPUB: {topic: how many subscriptions}; or None
    cdef int64_t looked_at     # parts that look_ahead has seen
    cdef bint tells_each       # XPUB_VERBOSE or XPUB_VERBOSER was set
    cdef bint is_manual        # XPUB_MANUAL was set
    cdef int64_t events_dropped  # by monitors that have ended

cdef class Handle:
    cdef object __weakref__
    # Set under the lock, by atomic stores: they are read without it, too.
    cdef void *ptr             # libzmq's socket; NULL while it is closed, or claimed by a relay
    cdef void *claimed         # the socket, while a relay has it
    cdef int open              # 0 once it is closed; a relay may have it
    cdef ohmq_lock lock
    cdef int generation
    cdef int type
    cdef Waiter *waiters
    cdef Watch *watches
    cdef UnreadPart *unread
    cdef Counters counters
    cdef int64_t fd            # ZMQ_FD, which libzmq closes; -1 for none
    cdef void *signaler        # the owner of fd, for a draft type (signaler.h); else NULL
    cdef ohmq_busy_wait *busy_wait  # allocated when it is first needed (busy_wait.pxi), or NULL
    cdef int64_t order         # the number of the part that take() has given last
    cdef int64_t newest        # parts that have come from libzmq
    cdef int unread_more       # RCVMORE where the last part came from unread, else -1
    cdef int subscriptions     # topics of a SUB, groups of a DISH; as far as they are ours
    # True or False, in one byte each.
    cdef unsigned char inside_message  # a part with SNDMORE went out, the last one has not yet
    cdef unsigned char inproc          # it has an inproc endpoint: peers in this process
    cdef unsigned char unguarded_new   # extras.unguarded has entries
    cdef unsigned char owned           # closing is ours to do
    cdef ContextHandle context
    cdef object wrapper        # a weak reference to the Socket that opened it; set once
    # Endpoints, in tuples that are never changed: a Failure has them without a copy.
    cdef tuple bound
    cdef tuple connected
    cdef Extras extras         # None until something needs them; then it stays
    # Of the lock of the list (handle_list.pxi):
    cdef void *previous
    cdef void *next
    cdef object known_as       # a weak reference to this, without the GIL; set once

cdef class Socket:
    # Of the program's object; several may have one handle.
    cdef object __weakref__
    cdef Handle handle         # of a closed socket, too; NO_HANDLE until it is opened
    cdef object context_
    cdef Py_ssize_t threshold  # see copy_threshold
    cdef bint is_shadow        # closing is not its to do

# ---- a call that failed (failures.pxi) --------------------------------------------------------

cdef class Failure:
    cdef readonly str case
    cdef readonly int socket_type
    cdef readonly bint known
    cdef readonly tuple bound
    cdef readonly tuple connected
    cdef readonly int64_t sent
    cdef readonly int64_t received
    cdef readonly int subscriptions
    cdef readonly int timeout_ms
    cdef readonly int hwm
    cdef readonly bint immediate
    cdef readonly dict more

# ---- a blocking call (waiters.pxi) ------------------------------------------------------------

cdef enum BlockedState:
    NOT_WAITING = 0
    WAITING
    WAITING_FOR_OTHERS
    EVENTS_LOOKED_AT
    EVENTS_LOOKED_AT_FOR_OTHERS

cdef enum TakenAhead:
    NOTHING_TAKEN = 0
    LAST_PART_TAKEN            # the lock was released
    PART_TAKEN                 # the lock is held still, as more of the message follows

cdef struct Blocked:
    # One blocking call, from its first "would block" to its end; on its stack, zeroed at the start.
    Waiter waiter
    BlockedState state
    TakenAhead ahead           # what the last sleep has received
    int64_t deadline
    bint signals               # the thread handles POSIX signals
    bint for_answer            # see ohmq_awaits_answer()
    zmq_msg_t *msg             # where to receive to, or NULL; the caller's

# ---- contexts (context.pxi) -------------------------------------------------------------------

cdef struct Terminator:
    # One call of zmq_ctx_term, which goes on in a thread of its own. Allocated; that thread and the
    # handle have one reference each, and the last of them frees it.
    void *ptr
    ohmq_waker done_waker
    int done
    int error
    int references

cdef class ContextHandle:
    cdef object __weakref__
    cdef object known_as          # the weak reference to it in the table of open contexts
    cdef int generation
    # Of the lock, which is taken inside that of a handle: a call of libzmq with ptr has it. Read
    # without it (context_at, terminator_of), they may be what they were a moment ago.
    cdef ohmq_lock lock
    cdef void *ptr                # libzmq's context; NULL once it has been terminated
    cdef Terminator *terminator   # from the first term() on; then nothing but that may use ptr
    cdef bint owned               # opened here, not adopted from another library
    cdef bint zap_required        # see Context.zap_required
    cdef BusyWaitLimit busy_wait  # of its new sockets; see Context.busy_wait_us
    cdef list lingering           # closed sockets that may still hold unsent messages

cdef class Context:
    cdef object __weakref__
    cdef readonly ContextHandle handle
    cdef int ended     # by this object, and not by another of the same context

cdef class Finisher:
    cdef double timeout

# ---- options and message parts (options.pxi, frame.pxi) ---------------------------------------

cdef enum OptionKind:
    UNKNOWN = 0
    INT = 1
    INT64 = 2
    BYTES = 3
    FD = 4
    UINT64 = 5

cdef class OptionAttribute:
    cdef int number
    cdef str name

cdef class Frame:
    cdef object __weakref__
    cdef PyObject *attributes   # the __dict__ of the few frames that have one: see frame_class.h
    # Of the critical section of the object: what is copied of msg, or changed in it (libzmq counts
    # the first copy of a part as if no other thread made one), and the next three.
    cdef zmq_msg_t msg
    cdef object cached_bytes
    cdef object cached_buffer
    cdef object tracked_by
    cdef public bint more
    cdef bint fixed             # lent by an object that may not be written to

# ---- monitors of sockets (monitors.pxi, outlets.pxi, connections.pxi) -------------------------

cdef struct Event:
    # Allocated; the outlet that holds it owns it.
    Event *next
    zmq_msg_t head
    zmq_msg_t endpoint

cdef struct Outlet:
    # Allocated; its monitor owns it. Others know its number.
    Outlet *next
    int64_t number
    char *address          # that the program's reader connects to; NULL for that of a stream
    void *socket           # NULL: it is over
    int64_t fd
    int events             # that its reader wants
    uint64_t token         # of a stream: the first part of each message
    bint is_stream
    bint ending            # it has its last event
    Event *oldest          # of those that are held
    Event *newest
    int n_held
    int64_t handed         # to the socket so far
    int64_t end_at         # when it is closed though nothing was read; 0: nothing is waited for

cdef enum ConnectionState:
    CONNECTION_BEGUN = 1       # connected, or accepted
    CONNECTION_FOUND           # older than its monitor: its handshake may be over, or may not
    CONNECTION_READY           # the handshake is over

cdef struct PeerConnection:
    # One of the table of its monitor.
    ConnectionState state
    int64_t fd                 # -1: not known
    int64_t since              # in this state
    bint found                 # it was CONNECTION_FOUND: its descriptor tells whether it is there
    bint told                  # the end of its handshake was told by an event
    char *endpoint             # allocated; as libzmq writes it in events

cdef struct Monitor:
    # Allocated; the list of monitors owns it, and what it points to. Others know its number.
    Monitor *next
    int64_t number
    void *context          # libzmq's, borrowed: its end closes tap and outlets first
    void *tap              # or NULL
    int64_t tap_fd
    Outlet *outlets
    int64_t program        # number of the outlet that the program has asked for, or 0
    bint tracks            # it goes on until the socket is closed, also without an outlet
    bint late              # the socket had endpoints before it had this monitor
    bint failed            # a handshake has failed; its connection has not ended yet
    int asked              # the events that the program wants
    int connections        # events so far, for the texts of time-outs
    int handshakes
    int disconnections
    int failed_handshakes
    uint16_t last_failed   # the event of the last of them, and what it told
    uint32_t last_reason
    int bind_error         # of the last bind that has failed, until it is asked for
    int64_t events_taken   # from the tap
    int64_t events_dropped
    PeerConnection *table
    int n_connections
    int room

# ---- pollers (candidates.pxi, poll.pxi, alarm.pxi) --------------------------------------------

cdef class Entry:
    # Of the handle's lock: watch, watching. Of the poller's lock: candidate, next_candidate,
    # in_set, gone. Of the critical section of the poller: the rest.
    cdef Watch watch            # in the list of the handle, for as long as watching is set
    cdef void *poller           # borrowed: a poller outlives what its entries watch
    cdef Handle handle          # None for a plain descriptor
    cdef object key             # what was registered
    cdef object shown           # what poll() returns: the socket, or the descriptor's number
    cdef object flags           # as given, for Poller.sockets
    cdef int64_t fd
    cdef short events
    cdef Py_ssize_t index
    cdef bint candidate         # it is in the poller's list of candidates
    cdef bint listed
    cdef bint in_set            # the poller's epoll set has fd, with a borrowed pointer to this
    cdef bint watching
    cdef bint gone              # no more registered: nothing may make it a candidate
    cdef Entry next_candidate

cdef class Poller:
    # Of the critical section of the object:
    cdef object __weakref__
    cdef dict entries
    cdef Py_ssize_t count
    cdef Py_ssize_t plain       # entries that are plain descriptors
    cdef Py_ssize_t doubles     # entries that share a descriptor with another one
    cdef Py_ssize_t without_fd  # draft sockets, which cannot be waited for
    cdef bint doubtful          # flags that are no number have been given for an entry
    cdef int looks              # those without a set, at most FIRST_LOOKS
    cdef BusyWait busy_wait
    cdef int generation
    # Of the lock of the handle that it names:
    cdef void *looking_at       # the handle whose EVENTS are being read for this poller; borrowed
    # Of the lock, which is taken inside that of a handle; the set is opened once:
    cdef ohmq_lock lock
    cdef Entry candidates       # any thread may lengthen the list
    cdef int set                # the epoll set, -1 for none; its pointers are entries of this
    cdef int sleepers
    cdef bint sleeping          # atomic, without the lock: a call that comes too late to see it is
    cdef bint woken             # seen as a candidate by the sleeper
    cdef ohmq_waker waker       # open while there are sleepers

cdef class Alarm:
    cdef Poller poller
    cdef int set                # an epoll set without pointers: the poller's set, its waker, ...
    cdef int generation

    cdef int watch(self, Poller poller) except -1
    cdef void let_go(self) noexcept

# ---- event loops (reactor.pxi, engine.pxi) ----------------------------------------------------

cdef class Reactor:
    cdef object __weakref__
    cdef int generation
    # Of the lock, which is taken inside that of a handle. The pointers to engines, in the list and
    # in the epoll set, are borrowed: an engine takes them out when it goes, which needs the lock.
    cdef ohmq_lock lock
    cdef void *touched           # the engines that any thread wants to have looked at
    cdef list calls              # what other threads want to be called in the loop
    cdef int set                 # the epoll set, -1 for none; its pointers: engines, NULL the waker
    cdef bint woken
    cdef bint open
    cdef ohmq_waker waker
    # Of the thread of the loop, what follows; but that of wait() reads the engines that wait.
    cdef list due                # engines that have something to do, the last one first
    cdef list serving            # engines whose turn has been entered, the innermost last
    cdef set waiting             # engines with operations: they live for as long as those wait
    cdef int64_t used            # messages in this turn of the loop
    cdef int64_t began
    cdef BusyWait busy_wait
    cdef ohmq_one_wait sleep     # of the loop, from look() to slept(),
    cdef int64_t sleep_until     # and its end
    cdef bint looks              # the loop calls them

cdef enum EngineState:
    ENGINE_IDLE = 0
    ENGINE_WAITING
    ENGINE_SERVING

cdef enum QueueKind:
    POLLS = 0
    RECEIVES = 1              # POLLIN
    SENDS = 2                 # POLLOUT

cdef class NativeEngine:
    cdef object __weakref__
    cdef object known_as        # a weak reference to this, for what has a pointer to it; set once
    cdef Handle handle          # set once, as is the next
    cdef Reactor reactor
    # Of the lock of the handle: the watch, which is in its list while watching is set.
    cdef Watch watch
    cdef bint watching
    # Of the lock of the reactor:
    cdef void *next_touched     # in the reactor's list; borrowed
    cdef bint touched           # it is in that list
    cdef bint in_set            # the reactor's epoll set has ZMQ_FD, with a pointer to this
    # The watch is to tell of the events that are wanted. It is set with the lock of the handle, in
    # which EVENTS was read; the thread of the loop clears it without, and looks again. Atomic.
    cdef bint asleep
    # Of the thread of the loop, all that follows. Others read wanted, with the lock of the handle.
    cdef Received received      # by the receive that was made last for this loop
    cdef bint due               # it is in reactor.due
    # The wait state, and the queues that it is made of: {operation: the pass it was tried in}.
    cdef EngineState state
    cdef short queued           # POLLIN: receives wait in the queue, POLLOUT: sends do
    cdef short wanted           # what is waited for, by polls as well; as of the last settle
    cdef short armed            # what would block, and will ring when it would not
    cdef int64_t passes         # over the queues, so far
    cdef readonly object receives
    cdef readonly object sends
    cdef readonly object polls

# ---- futures of asyncio (ready.pxi, futures.pxi) ----------------------------------------------

cdef class Taken:
    # Of a Ready future; or of what awaits it.
    cdef object value
    cdef object loop
    cdef Handle handle     # of the socket; None: nothing goes back
    # What goes back, None where it is the value itself. No list: the collector empties those first.
    cdef object parts
    cdef object mores      # see put_back_received
    cdef int64_t order     # of the last part
    cdef bint more         # parts of its message follow
    cdef bint made         # the future is initialised
    cdef bint gives_way    # whatever awaits it lets others run first

cdef class UsedIn:
    cdef object loop            # set once, as is the engine
    cdef NativeEngine engine
    cdef object running         # what asyncio keeps for the thread of the loop; of that thread

cdef class FutureSocket(Socket):
    cdef UsedIn last            # where it was used last; of the critical section of the object

# ---- relays ----------------------------------------------------------------------------------

include "relay_contract.pxi"
