"""Loops that are run again by what they call: nest_asyncio, modal dialogs, notebook cells."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from helpers.processes import run_python

needs_nesting = pytest.mark.skipif(
    find_spec("nest_asyncio") is None or sys.version_info >= (3, 14),
    reason="no nest_asyncio for this Python: from 3.14 on it breaks asyncio.wait_for",
)
needs_tornado = pytest.mark.skipif(find_spec("tornado") is None, reason="Tornado is not installed")

LOOPS = """
import asyncio, faulthandler, heapq
import zmq
faulthandler.dump_traceback_later(25, exit=True)

class Notifier:
    # One of a toolkit whose loop does not watch a descriptor before its callback has returned.
    def __init__(self, loop, fd, callback, args):
        self.loop, self.fd, self.callback, self.args = loop, fd, callback, args
        self.on()
    def on(self):
        asyncio.SelectorEventLoop.add_reader(self.loop, self.fd, self)
    def __call__(self):
        asyncio.SelectorEventLoop.remove_reader(self.loop, self.fd)
        try:
            self.callback(*self.args)
        finally:
            if self.loop.notifiers.get(self.fd) is self:
                self.on()

class Nesting(asyncio.SelectorEventLoop):
    # One that bears that what it calls runs it, in a callback of any kind.
    def _run_once(self):
        if self._ready or self._stopping:
            timeout = 0
        else:
            timeout = max(0, self._scheduled[0]._when - self.time()) if self._scheduled else None
        self._process_events(self._selector.select(timeout))
        while self._scheduled and self._scheduled[0]._when <= self.time() + 0.001:
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False
            self._ready.append(handle)
        for _ in range(len(self._ready)):
            handle = self._ready.popleft() if self._ready else None
            if handle is not None and not handle._cancelled:
                handle._run()

class NotifierLoop(Nesting):
    def __init__(self):
        self.notifiers = {}
        super().__init__()
    def add_reader(self, fd, callback, *args):
        self.notifiers[fd] = Notifier(self, fd, callback, args)
    def remove_reader(self, fd):
        self.notifiers.pop(fd, None)
        return super().remove_reader(fd)

class LoopInThread(Nesting):
    # As the Proactor loop of Windows: a thread watches for it.
    def add_reader(self, fd, callback, *args):
        raise NotImplementedError
    remove_reader = add_writer = remove_writer = add_reader

LOOPS = {"asyncio": Nesting, "notifiers": NotifierLoop, "thread": LoopInThread}
rounds = 0

def modal(loop, is_over):
    # The loop of a modal dialog: the task that has opened it is not the one that runs in it.
    global rounds
    task = asyncio.current_task(loop)
    if task is not None:
        asyncio.tasks._leave_task(loop, task)
    try:
        while not is_over():
            rounds += 1
            loop._run_once()
    finally:
        if task is not None:
            asyncio.tasks._enter_task(loop, task)

def nested(loop, coroutine):
    # A blocking call in a coroutine.
    task = loop.create_task(coroutine)
    modal(loop, task.done)
    return task.result()

def pair(context, first, second, at):
    a, b = context.socket(first), context.socket(second)
    a.linger = b.linger = 0
    a.bind(at)
    b.connect(a.last_endpoint.decode())
    return a, b

def run(loop, coroutine):
    asyncio.set_event_loop(loop)
    print(loop.run_until_complete(asyncio.wait_for(coroutine, 15)))
"""

TASKS = """
async def main(module, at):
    loop = asyncio.get_running_loop()
    context = module.Context()
    router, dealer = pair(context, zmq.ROUTER, zmq.DEALER, at)
    pull, push = pair(context, zmq.PULL, zmq.PUSH, at)

    async def serve():
        while True:
            await router.send_multipart(await router.recv_multipart())

    async def ask(question):
        await dealer.send(question)
        return await dealer.recv()

    async def work(depth):
        # Woken by a message, it waits in a loop of its own, in which others are woken, and do so.
        message = await pull.recv()
        if depth:
            await push.send(b"%d" % (depth - 1))
            inner = loop.create_task(work(depth - 1))
            modal(loop, inner.done)
            message += b"<" + inner.result()
        return message + b":" + nested(loop, ask(message))

    server = loop.create_task(serve())
    others = [asyncio.ensure_future(r) for r in (pull.recv_multipart(), pull.recv_string())]
    await asyncio.sleep(0.02)
    await push.send(b"one")
    await push.send(b"two")
    got = [await others[0], await others[1]]
    first = loop.create_task(work(3))
    await asyncio.sleep(0.02)
    await push.send(b"3")
    got.append(await first)
    got += [nested(loop, ask(b"%d" % n)) for n in range(20)][-1:]
    server.cancel()
    context.destroy(0)
    return got
"""
ANSWERED = (
    "[[b'one'], 'two', b'3<2<1<0:0:1<0:0:2<1<0:0:1<0:0:3<2<1<0:0:1<0:0:2<1<0:0:1<0:0', b'19']"
)


@pytest.mark.parametrize("at", ["inproc://{0}", "tcp://127.0.0.1:*"], ids=["inproc", "tcp"])
@pytest.mark.parametrize("module", ["asyncio", "anyio", "eventloop.future"])
@pytest.mark.parametrize("loop", ["asyncio", "notifiers", "thread"])
def test_a_woken_task_runs_the_loop(loop: str, module: str, at: str) -> None:
    """Tasks that wait for the same socket, and for others, are woken in the inner loops."""
    if module == "eventloop.future":
        pytest.importorskip("tornado", reason="Tornado is not installed")
    code = f"""
import itertools
import zmq.{module} as module
names, pair_of = itertools.count(), pair
def pair(context, first, second, at):
    return pair_of(context, first, second, at.format(next(names)))
run(LOOPS["{loop}"](), main(module, "{at}"))
"""
    assert run_python(LOOPS + TASKS + code) == [ANSWERED]


@needs_nesting
@pytest.mark.parametrize("module", ["asyncio", "anyio"])
def test_nest_asyncio(module: str) -> None:
    code = f"""
import nest_asyncio
nest_asyncio.apply()
import zmq.{module} as module
def modal(loop, is_over):
    async def wait():
        while not is_over():
            await asyncio.sleep(0.001)
    loop.run_until_complete(wait())
def nested(loop, coroutine):
    return loop.run_until_complete(coroutine)
run(asyncio.new_event_loop(), main(module, "tcp://127.0.0.1:*"))
"""
    assert run_python(LOOPS + TASKS + code) == [ANSWERED]


@pytest.mark.parametrize("loop", ["asyncio", "notifiers", "thread"])
def test_waiting_calls_are_served_in_an_inner_loop(loop: str) -> None:
    """Receives, sends, polls and time-outs that began before it, with more than one a socket."""
    code = f"""
import zmq.asyncio
async def main():
    loop = asyncio.get_running_loop()
    context = zmq.asyncio.Context()
    a, b = pair(context, zmq.DEALER, zmq.DEALER, "inproc://a")
    full, sink = pair(context, zmq.PUSH, zmq.PULL, "inproc://b")
    quiet, _peer = pair(context, zmq.PAIR, zmq.PAIR, "inproc://c")
    filled = 0
    while True:
        try:
            await full.send(b"x", zmq.DONTWAIT)
            filled += 1
        except zmq.Again:
            break
    quiet.rcvtimeo = 50
    poller = zmq.asyncio.Poller()
    poller.register(b, zmq.POLLIN)
    ended = {{}}
    def note(name, call):
        async def wait():
            try:
                ended[name] = await call()
            except Exception as error:
                ended[name] = type(error).__name__
            order.append(name)
        return loop.create_task(wait())
    order = []
    async def first():
        await b.recv()
        order.append("first")
        modal(loop, lambda: len(ended) == 7)
    waits = [
        loop.create_task(first()),
        note("recv", b.recv),
        note("recv_multipart", b.recv_multipart),
        note("socket's poll", b.poll),
        note("poller", poller.poll),
        note("send", lambda: full.send(b"y")),
        note("time-out", quiet.recv),
        note("queued while it runs", lambda: later()),
    ]
    async def later():
        await asyncio.sleep(0.02)
        return await b.recv()
    def act(step=0):
        if step == 0:
            a.send(b"first")
            a.send(b"1")
        elif step == 1:
            a.send(b"2")
        elif step == 2:
            zmq.Socket.shadow(sink).recv_many(filled)
        elif step == 3:
            a.send(b"3")
            a.send(b"4")
            return
        loop.call_later(0.03, act, step + 1)
    loop.call_later(0.01, act)
    await asyncio.gather(*waits)
    assert ended["recv"] == b"1", ended
    assert ended["recv_multipart"] == [b"2"], ended
    assert ended["queued while it runs"] in (b"3", b"4"), ended
    assert ended["socket's poll"] == zmq.POLLIN, ended
    assert ended["poller"] == [(b, zmq.POLLIN)], ended
    assert ended["send"] is None and ended["time-out"] == "Again", ended
    assert order.index("first") < order.index("recv"), order
    context.destroy(0)
    return "done"
run(LOOPS["{loop}"](), main())
"""
    assert run_python(LOOPS + code) == ["done"]


@pytest.mark.parametrize("loop", ["asyncio", "notifiers", "thread"])
def test_an_inner_loop_that_has_nothing_to_do_sleeps(loop: str) -> None:
    code = f"""
import zmq.asyncio
async def main():
    loop = asyncio.get_running_loop()
    context = zmq.asyncio.Context()
    a, b = pair(context, zmq.DEALER, zmq.DEALER, "tcp://127.0.0.1:*")
    others = [asyncio.ensure_future(w) for w in (b.recv(), b.recv(), b.recv(), b.poll())]
    async def receive():
        await b.recv()
        over = loop.call_later(0.3, others.clear)
        modal(loop, lambda: not others)
    first = loop.create_task(receive())
    await asyncio.sleep(0.05)
    for _ in range(4):
        a.send(b"x")
    await first
    context.destroy(0)
    return rounds < 30 or rounds
run(LOOPS["{loop}"](), main())
"""
    assert run_python(LOOPS + code) == ["True"]


STREAMS = """
from tornado.ioloop import IOLoop
from zmq.eventloop.zmqstream import ZMQStream
async def main():
    loop = asyncio.get_running_loop()
    context = zmq.Context()
    pairs = [pair(context, zmq.DEALER, zmq.DEALER, at % n) for n in range(2)]
    (a, b), (c, d) = pairs
    b, d = ZMQStream(b), ZMQStream(d)
    got, depth = [], 0

    def dialog(message):
        # The first three messages open a dialog each, the first of them lasts until all is there.
        nonlocal depth
        got.append((depth, message[0]))
        if message[0] in (b"1", b"2", b"3"):
            depth += 1
            modal(loop, lambda: len(got) >= 14)
            depth -= 1

    d.on_recv(lambda message: got.append((depth, message[0])))
    d.on_send(lambda message, status: got.append((depth, b"sent")))
    b.on_recv(dialog)

    def feed(n=1):
        if n == 10:
            d.send(b"to c")
            return
        a.send(b"%d" % n)
        if n % 3 == 0:
            c.send(b"other %d" % n)
        # At once, and when all is quiet again.
        loop.call_later(0.02, feed, n + 1) if n % 2 else feed(n + 1)

    feed()
    while len(got) < 13:
        await asyncio.sleep(0.01)
    got.append((0, b"end"))
    while depth:
        await asyncio.sleep(0.01)
    b.close(0), d.close(0)
    context.destroy(0)
    own = [message for _, message in got if message.isdigit()]
    assert own == [b"%d" % n for n in range(1, 10)], got
    assert sorted(message for _, message in got if not message.isdigit()) == sorted(
        [b"other 3", b"other 6", b"other 9", b"sent", b"end"]), got
    depths = [depth for depth, message in got if message in (b"1", b"2", b"3", b"9")]
    assert depths == [0, 1, 2, 3], got
    return "done"
"""


@needs_tornado
@pytest.mark.parametrize("at", ["inproc://%d", "tcp://127.0.0.1:*%.0s"], ids=["inproc", "tcp"])
@pytest.mark.parametrize("loop", ["asyncio", "notifiers", "thread"])
def test_a_callback_of_a_stream_runs_the_loop(loop: str, at: str) -> None:
    """The stream itself, and others, call back in the loop of a modal dialog."""
    code = f'at = "{at}"\nrun(LOOPS["{loop}"](), main())'
    assert run_python(LOOPS + STREAMS + code) == ["done"]


@needs_tornado
@needs_nesting
def test_a_callback_of_a_stream_runs_the_loop_of_tornado() -> None:
    """IOLoop.run_sync inside of on_recv, with nest_asyncio."""
    code = """
import nest_asyncio
nest_asyncio.apply()
from tornado.ioloop import IOLoop
from zmq.eventloop.future import Context
from zmq.eventloop.zmqstream import ZMQStream
loop = IOLoop.current()
context = zmq.Context()
(a, b), (c, d) = [pair(Context.shadow(context.underlying), zmq.DEALER, zmq.DEALER, at)
                  for at in ("inproc://a", "inproc://b")]
stream, echo, got = ZMQStream(b), ZMQStream(d), []
echo.on_recv(echo.send_multipart)

async def ask(question):
    await c.send(question)
    return await c.recv()

def called(message):
    got.append(loop.run_sync(lambda: ask(message[0]), timeout=5))
    if len(got) == 3:
        loop.stop()
    else:
        a.send(b"%d" % len(got))

stream.on_recv(called)
loop.add_callback(a.send, b"0")
loop.call_later(10, loop.stop)
loop.start()
print(got)
"""
    assert run_python(LOOPS + code) == ["[b'0', b'1', b'2']"]


def test_an_error_of_a_caller_leaves_the_others_theirs() -> None:
    """An end of the loop in the middle of a turn loses no wake-up."""
    code = """
import zmq.asyncio
async def main(loop, context, push, pull):
    others = [asyncio.ensure_future(pull.recv()) for _ in range(3)]
    async def interrupted():
        await pull.recv()
        raise KeyboardInterrupt
    first = loop.create_task(interrupted())
    await asyncio.sleep(0.01)
    others += [asyncio.ensure_future(pull.recv()) for _ in range(3)]
    await asyncio.sleep(0.01)
    for n in range(7):
        push.send(b"%d" % n)
    return await asyncio.gather(*others)
loop = asyncio.SelectorEventLoop()
context = zmq.asyncio.Context()
pull, push = pair(context, zmq.PULL, zmq.PUSH, "inproc://a")
task = loop.create_task(main(loop, context, push, pull))
try:
    loop.run_forever()
except KeyboardInterrupt:
    print("interrupted")
print(loop.run_until_complete(asyncio.wait_for(task, 5)))
context.destroy(0)
"""
    lines = run_python(LOOPS + code)
    assert lines == ["interrupted", "[b'0', b'1', b'2', b'4', b'5', b'6']"]
