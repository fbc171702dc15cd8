# `cimport zmq`: the classes of this package and the functions of libzmq, for programs in Cython.

from zmq.backend.cython cimport Context, Frame, Socket, libzmq
