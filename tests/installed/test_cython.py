"""A program in Cython that calls libzmq on the sockets of this package."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import zmq
from helpers.processes import run_python

PROGRAM = """
cimport zmq
from zmq cimport Context, Frame, Socket
from zmq.backend.cython cimport libzmq
import zmq as library

cdef Context context = library.Context()
cdef Socket a = context.socket(library.PAIR)
cdef Socket b = context.socket(library.PAIR)
a.bind("inproc://pair")
b.connect("inproc://pair")

cdef void *handle = a.handle
cdef int size
with nogil:
    size = libzmq.zmq_send(handle, b"native", 6, 0)
print(size, b.recv())

cdef char room[16]
b.send(b"python")
size = zmq.libzmq.zmq_recv(a.handle, room, sizeof(room), 0)
print(size, room[:size])

cdef Frame frame = library.Frame(b"framed")
size = libzmq.zmq_msg_size(&frame.zmq_msg)
print(size, (<char *> libzmq.zmq_msg_data(&frame.zmq_msg))[:size])

print(libzmq.zmq_ctx_get(context.handle, libzmq.ZMQ_IO_THREADS))
cdef int kind, number
cdef size_t room_for_it = sizeof(kind)
number = libzmq.zmq_getsockopt(a.handle, zmq.libzmq.ZMQ_TYPE, &kind, &room_for_it)
number = libzmq.zmq_send(a.handle, room, 1, libzmq.ZMQ_DONTWAIT | libzmq.ZMQ_SNDMORE)
number = libzmq.zmq_recv(b.handle, room, 1, libzmq.ZMQ_DONTWAIT)
print(kind == libzmq.ZMQ_PAIR, number, libzmq.zmq_errno() == libzmq.ZMQ_EAGAIN)
a.close()
b.close()
context.term()
print(a.handle == NULL, context.handle == NULL)
"""


def test_a_program_is_compiled_and_runs(tmp_path: Path) -> None:
    compiler, pkg_config = shutil.which("cc"), shutil.which("pkg-config")
    if compiler is None or pkg_config is None:
        pytest.skip("cc and pkg-config")
    flags = subprocess.run(
        [pkg_config, "--cflags", "--libs", "libzmq"], capture_output=True, text=True
    )
    if flags.returncode:
        pytest.skip(f"the headers of libzmq: {flags.stderr.strip()}")
    (tmp_path / "program.pyx").write_text(PROGRAM)
    includes = [f"-I{path}" for path in zmq.get_includes()]
    run(sys.executable, "-m", "cython", "-3", *includes, "program.pyx", cwd=tmp_path)
    python = f"-I{sysconfig.get_path('include')}"
    module = f"program{sysconfig.get_config_var('EXT_SUFFIX')}"
    command = [compiler, "-shared", "-fPIC", "-w", python, "program.c", "-o", module]
    run(*command, *flags.stdout.split(), cwd=tmp_path)
    assert run_python(f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import program") == [
        "6 b'native'",
        "6 b'python'",
        "6 b'framed'",
        "1",
        "True -1 True",
        "True True",
    ]


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
