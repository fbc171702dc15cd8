# cython: language_level=3
# cython: binding=True
# cython: embedsignature=False
# cython: boundscheck=False
# cython: wraparound=False
# cython: cdivision=True
# cython: freethreading_compatible=True
"""The only code that calls libzmq.

Imports nothing from zmq: what it needs of the layers above (the exception classes, the table of
options, the tracker class) they register when they are imported.
"""

# Declarations, structs, classes and shared constants: ../_native.pxd, which is read before this.
cimport cython

include "errors.pxi"          # return codes become exceptions
include "failures.pxi"        # what they know of the call
include "after_fork.pxi"      # refusal in the child of a fork
include "handle_list.pxi"     # all handles
include "handle.pxi"          # one libzmq socket: its lock, its waiters and watches
include "unread.pxi"          # parts that were put back
include "waiters.pxi"         # blocking, outside the lock
include "loans.pxi"           # zero-copy
include "connections.pxi"     # the connections of a monitored socket
include "outlets.pxi"         # where the events of a monitored socket go
include "monitors_thread.pxi"  # ... by this thread
include "monitors.pxi"        # connection events
include "flags.pxi"           # their operators
include "options.pxi"
include "context.pxi"
include "busy_wait.pxi"       # looking before sleeping: the option
include "exiting.pxi"         # the end of the process
include "frame.pxi"
include "nonblocking.pxi"     # "would block" without an exception
include "send.pxi"
include "recv.pxi"
include "many.pxi"
include "endpoints.pxi"
include "attributes.pxi"
include "overriding.pxi"      # methods that a subclass has replaced
include "socket.pxi"
include "facts.pxi"           # for the doctor
include "peers.pxi"           # how many there are
include "subscriptions.pxi"   # those of an XPUB
include "candidates.pxi"      # which sockets a poller looks at
include "poll.pxi"
include "alarm.pxi"           # a poller in an event loop
include "reactor.pxi"         # which sockets an event loop looks at
include "engine.pxi"          # what waits for one socket in an event loop
include "ready.pxi"           # futures that have their result
include "futures.pxi"         # calls that return futures
include "relay_loop.pxi"      # the loop of a device
include "relay_monitor.pxi"   # its monitor
include "relay_cache.pxi"     # the last message of each topic
include "relay_control.pxi"   # its control socket
include "relay_clients.pxi"   # clients that wait for answers
include "relay_drain.pxi"     # its end
include "relay_rates.pxi"     # what it counts
include "relay_peers.pxi"     # and the connections of its sockets
include "relay.pxi"           # devices
include "proxy.pxi"           # and their functions
include "curve.pxi"
include "methods.pxi"         # in the shape of Python's functions

IPC_PATH_MAX_LEN = ohmq_ipc_path_max()
PYZMQ_DRAFT_API = bool(zmq_has("draft"))

ohmq_watch_fork()
