"""Objects as messages: for `Socket.send_serialized` and `Socket.recv_serialized` of every front.

::

    from zmq import codecs

    json = codecs.Json()
    socket.send_serialized({"answer": 42}, json)
    obj = socket.recv_serialized(json)

A codec makes the parts of a message of an object (`encode`), and an object of the parts (`decode`).
What cannot be decoded raises `DecodeError`, which says what is wrong with the message. Both ends
have to use the same codec.

=============== ============================== ===================================================
codec           objects                        of a peer that is not trusted
=============== ============================== ===================================================
`Json`          what JSON has                  safe
`MessagePack`   what MessagePack has; classes  safe; needs msgspec: ``pip install 'ohmq[codecs]'``
`Array`         arrays of NumPy                safe; needs NumPy
`SignedPickle`  all that can be pickled        safe if the peer has no key
`Pickle`        all that can be pickled        runs any code that the peer likes
=============== ============================== ===================================================

With ``copy=False`` the large memory of an object (`Array`, `Pickle`, `SignedPickle`) is lent to
libzmq, and decoded where libzmq has received it: it is not copied at all. The program must not
change it until it is sent: see `MessageTracker`.
"""

from __future__ import annotations

from zmq.core.codecs import Codec
from zmq.error import DecodeError

from .arrays import Array
from .pickles import Pickle, SignedPickle
from .values import Json, MessagePack

__all__ = ["Array", "Codec", "DecodeError", "Json", "MessagePack", "Pickle", "SignedPickle"]
