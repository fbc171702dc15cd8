from __future__ import annotations

import builtins
import copy
import errno
import inspect
import pickle
import sys

import pytest

import zmq.error
from helpers.processes import run_python
from zmq.constants import Errno
from zmq.error import (
    Again,
    ContextTerminated,
    DraftFDWarning,
    InterruptedSystemCall,
    NotDone,
    TermTimeout,
    ZMQBaseError,
    ZMQBindError,
    ZMQError,
    ZMQVersionError,
    _check_rc,
    _check_version,
    error_for,
)

ALL = [
    ZMQError(errno.EINVAL),
    ZMQError(errno.EINVAL, "Invalid argument (addr='x')"),
    ZMQError("text"),
    ZMQError(msg="text"),
    Again(),
    ContextTerminated(),
    InterruptedSystemCall(),
    TermTimeout(1.5, ["PUSH to tcp://127.0.0.1:5555, 3 messages unsent"]),
    ZMQBindError("no port"),
    NotDone(),
    ZMQVersionError("9.9", "Flying"),
    DraftFDWarning(),
    error_for(errno.EAGAIN, "nothing came"),
]


def test_tree_in_the_docstring_is_the_tree():
    """A name in the drawing is a subclass of the nearest one above it that is further left."""
    above: list[tuple[int, type]] = []
    drawn = set()
    drawing = inspect.getdoc(zmq.error).partition("::\n")[2].partition("\n\nError numbers")[0]
    for line in drawing.splitlines():
        if not line.strip():
            continue
        column = len(line) - len(line.lstrip(" │├└─"))
        name = line.lstrip(" │├└─").split()[0]
        cls = getattr(zmq.error, name, None) or getattr(builtins, name)
        above = [(c, parent) for c, parent in above if c < column]
        if above:
            assert issubclass(cls, above[-1][1]), name
        above.append((column, cls))
        drawn.add(name)
    assert drawn >= set(zmq.error.__all__)


@pytest.mark.parametrize("error", ALL, ids=repr)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_copies_are_the_same(error, again):
    twin = again(error)
    assert type(twin) is type(error)
    assert (str(twin), repr(twin), twin.__dict__) == (str(error), repr(error), error.__dict__)


def test_number_gives_the_message():
    error = ZMQError(errno.EINVAL)
    assert (error.errno, error.strerror, error.args) == (22, "Invalid argument", (22,))
    assert str(error) == "Invalid argument"
    assert repr(error) == "ZMQError('Invalid argument')"
    assert str(ZMQError(Errno.EFSM)) == "Operation cannot be accomplished in current state"


def test_message_may_be_given():
    error = ZMQError(errno.EINVAL, "no")
    assert (error.errno, error.strerror, str(error)) == (22, "no", "no")
    assert str(ZMQError(errno.EINVAL, "")) == ""


def test_text_instead_of_a_number():
    error = ZMQError("text")
    assert (error.errno, error.strerror) == (None, "text")
    assert str(ZMQError("text", "message")) == "message"


def test_last_error_is_the_default(monkeypatch):
    monkeypatch.setattr(zmq.error, "zmq_errno", lambda: errno.EMFILE)
    assert ZMQError().errno == errno.EMFILE
    assert ZMQError(msg="text").errno == errno.EMFILE
    with pytest.raises(ZMQError) as caught:
        _check_rc(-1)
    assert caught.value.errno == errno.EMFILE


@pytest.mark.parametrize(
    ("cls", "number"),
    [
        (Again, Errno.EAGAIN),
        (ContextTerminated, Errno.ETERM),
        (InterruptedSystemCall, errno.EINTR),
    ],
)
def test_errors_of_one_number_ignore_their_arguments(cls, number):
    error = cls(1, "other")
    assert error.errno == number
    assert isinstance(error, ZMQError)
    assert error.strerror == ZMQError(number).strerror
    assert str(error).startswith(error.strerror)


def test_class_does_not_follow_from_the_number_alone():
    assert type(ZMQError(errno.EAGAIN)) is ZMQError


def test_interrupted_is_interrupted():
    assert isinstance(InterruptedSystemCall(), InterruptedError)
    assert InterruptedSystemCall.errno == errno.EINTR


@pytest.mark.parametrize(
    ("number", "cls"),
    [
        (errno.EAGAIN, Again),
        (int(Errno.ETERM), ContextTerminated),
        (errno.EINTR, InterruptedSystemCall),
        (errno.EINVAL, ZMQError),
    ],
)
def test_error_for(number, cls):
    plain, worded = error_for(number), error_for(number, "in our words")
    assert type(plain) is type(worded) is cls
    assert plain.errno == worded.errno == number
    assert plain.strerror == ZMQError(number).strerror
    assert worded.strerror == plain.strerror
    if cls is not InterruptedSystemCall:
        assert str(plain) == plain.strerror
        assert str(worded) == f"{plain.strerror}: in our words"


def test_check_rc():
    _check_rc(0)
    _check_rc(1)
    _check_rc(-1, 0, error_without_errno=False)
    for number, cls in [(errno.EAGAIN, Again), (errno.EINVAL, ZMQError), (0, ZMQError)]:
        with pytest.raises(ZMQError) as caught:
            _check_rc(-1, number)
        assert type(caught.value) is cls
        assert caught.value.errno == number


def test_term_timeout():
    error = TermTimeout(2, ["one socket", "another"])
    more = "(more: ohmq explain context-in-use)"
    assert isinstance(error, ZMQError)
    assert isinstance(error, TimeoutError)
    assert error.errno == Errno.ETIMEDOUT
    assert error.timeout == 2
    assert error.sockets == ["one socket", "another"]
    assert str(error).splitlines() == [
        "context not terminated after 2 s; waiting for these sockets:",
        "  one socket",
        "  another",
        f"  {more}",
    ]
    assert str(TermTimeout(0.25)) == f"context not terminated after 0.25 s {more}"


def test_version_error(monkeypatch):
    monkeypatch.setattr(zmq.error, "zmq_version_info", lambda: (4, 3, 2))
    _check_version((4, 3))
    _check_version((4, 3, 2), "Flying")
    with pytest.raises(ZMQVersionError) as caught:
        _check_version((4, 3, 3), "Flying")
    error = caught.value
    assert str(error) == "Flying requires libzmq >= 4.3.3, have 4.3.2"
    assert repr(error) == f"ZMQVersionError('{error}')"
    assert (error.msg, error.min_version, error.version) == ("Flying", "4.3.3", "4.3.2")
    assert not isinstance(error, ZMQBaseError)


def test_draft_fd_warning_tells_how_to_silence_it():
    assert "zmq.DraftFDWarning" in str(DraftFDWarning())
    assert str(DraftFDWarning("text")) == "text"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of descriptors on Windows")
def test_the_text_of_an_error_where_no_descriptor_is_left() -> None:
    """Words are in modules, which take a descriptor to be read."""
    (line,) = run_python(
        """
        import os, resource, zmq
        context = zmq.Context()
        pull = context.socket(zmq.PULL)
        try:
            pull.recv(zmq.DONTWAIT)
        except zmq.Again as error:
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
            text = str(error)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            print(text)
        context.destroy()
        """
    )
    assert line.endswith("(more: ohmq explain too-many-sockets)")
