"""Programs written for PyZMQ, from the package index, on this package in its place.

Run by `make ecosystem`, in an environment of their own that has no PyZMQ.
"""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

import pytest

PYTHON = os.environ.get("OHMQ_ECOSYSTEM_PYTHON", "")

pytestmark = [
    pytest.mark.skipif(not PYTHON, reason="OHMQ_ECOSYSTEM_PYTHON: run `make ecosystem`"),
    pytest.mark.timeout(180),
]


def run(tmp_path: Path, code: str) -> list[str]:
    """Run code in the environment of the programs; its output lines."""
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(code))
    environment = dict(os.environ, IPYTHONDIR=str(tmp_path / "ipython"))
    done = subprocess.run(
        [PYTHON, str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_it_is_this_package(tmp_path: Path) -> None:
    code = "import zmq; print(hasattr(zmq.Socket, 'send_many'))"
    assert run(tmp_path, code) == ["True"]


def test_a_jupyter_notebook(tmp_path: Path) -> None:
    """jupyter_client on asyncio, a kernel of ipykernel on Tornado's streams."""
    code = """
        import nbformat
        from nbclient import NotebookClient

        cells = ["print(hasattr(__import__('zmq').Socket, 'send_many'))",
                 "import asyncio; await asyncio.sleep(0.05); 6 * 7",
                 "for i in range(500): print(i)",
                 "raise ValueError('on purpose')"]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True).execute()
        ours, number, numbers, error = (cell.outputs for cell in notebook.cells)
        print(ours[0].text.strip(), number[0].data["text/plain"])
        print(sum(map(int, "".join(o.text for o in numbers).split())), error[0].ename)
        """
    assert run(tmp_path, code) == ["True 42", "124750 ValueError"]


def test_an_ipyparallel_cluster(tmp_path: Path) -> None:
    """A controller with its monitored queues, and two engines."""
    code = """
        import ipyparallel

        with ipyparallel.Cluster(n=2, log_level=40) as client:
            print(sum(client[:].map_sync(lambda x: x * x, range(20))))
            balanced = client.load_balanced_view()
            print(sum(balanced.map_async(lambda x: x + 1, range(200)).get(timeout=60)))
        """
    assert run(tmp_path, code)[-2:] == ["2470", "20100"]


def test_zerorpc(tmp_path: Path) -> None:
    """gevent, and sockets of its own that replace send and recv."""
    code = """
        import gevent, zerorpc

        class Service:
            def hello(self, name):
                return "Hello, " + name
            @zerorpc.stream
            def numbers(self, n):
                return iter(range(n))

        server, client = zerorpc.Server(Service()), zerorpc.Client()
        server.bind("ipc://service")
        gevent.spawn(server.run)
        client.connect("ipc://service")
        print(client.hello("RPC"), sum(client.numbers(1000)))
        client.close(), server.close()
        """
    assert run(tmp_path, code) == ["Hello, RPC 499500"]


def test_locust(tmp_path: Path) -> None:
    """A master and two workers, on gevent."""
    (tmp_path / "locustfile.py").write_text(
        textwrap.dedent(
            """
            from locust import User, constant, task

            class Somebody(User):
                wait_time = constant(0.05)

                @task
                def work(self):
                    self.environment.events.request.fire(
                        request_type="x", name="y", response_time=1, response_length=1,
                        exception=None)
            """
        )
    )
    locust = [PYTHON, "-m", "locust", "-f", "locustfile.py"]
    drop = subprocess.DEVNULL
    workers = [
        subprocess.Popen([*locust, "--worker"], cwd=tmp_path, stdout=drop, stderr=drop)
        for _ in range(2)
    ]
    try:
        master = subprocess.run(
            [*locust, *"--master --headless -u 20 -r 20 -t 4s --expect-workers 2".split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert master.returncode == 0, master.stderr
        assert "0(0.00%)" in master.stderr
        assert [worker.wait(30) for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
