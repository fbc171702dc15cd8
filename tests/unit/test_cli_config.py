"""devices.toml: what is understood, and what is said about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

import zmq
from zmq.auth import create_certificates
from zmq.cli.sockets.endpoints import Endpoint
from zmq.cli.supervisor.config import ConfigError, load_config, parse_config
from zmq.cli.supervisor.plan import Config, SupervisorConfig
from zmq.cli.terminal.errors import CommandError

GOOD = """
[supervisor]
drain_s = 2
restart_s = 0.1
log = "json"

[device.orders]
kind = "queue"
in = ["tcp://127.0.0.1:5555", "ipc:///tmp/orders"]
out = "tcp://127.0.0.1:*"
monitor = ">tcp://127.0.0.1:7000"
monitor_type = "PUSH"
in_prefix = ""
hwm = 10
monitor_hwm = 0
dashboard = "127.0.0.1:8080"
options.in = { router_mandatory = true, linger = 5 }
options.out.ZMQ_IDENTITY = "me"

[device.news]
in_type = "sub"
out_type = "pub"
in = ">tcp://127.0.0.1:5600"
out = "tcp://127.0.0.1:5601"
"""


def errors(text: str, file: str = "d.toml") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, file)
    assert caught.value.exit_code == 2
    return list(caught.value.lines)


def test_a_good_file() -> None:
    config = parse_config(GOOD, "d.toml")
    assert config.supervisor == SupervisorConfig(drain_s=2.0, restart_s=0.1, log="json")
    orders, news = config.devices
    assert (orders.name, orders.dashboard, news.dashboard) == ("orders", "127.0.0.1:8080", None)
    plan = orders.plan
    assert (plan.in_side.type_name, plan.out_side.type_name) == ("ROUTER", "DEALER")
    assert plan.in_side.endpoints[1] == Endpoint("ipc:///tmp/orders")
    assert (plan.in_side.hwm, plan.out_side.hwm) == (10, 10)
    assert plan.monitor is not None
    assert (plan.monitor.type_name, plan.monitor.hwm) == ("PUSH", 0)
    assert plan.monitor.endpoints == (Endpoint("tcp://127.0.0.1:7000", bind=False),)
    assert (plan.in_prefix, plan.out_prefix) == (b"", b"out")
    assert orders.extras["in"].settings == ((zmq.ROUTER_MANDATORY, 1), (zmq.LINGER, 5))
    assert orders.extras["out"].settings == ((zmq.ROUTING_ID, b"me"),)
    assert (news.plan.in_side.type_name, news.plan.out_side.type_name) == ("SUB", "PUB")


def test_the_same_text_is_the_same_configuration() -> None:
    first, second = parse_config(GOOD, "d.toml"), parse_config("# new\n" + GOOD, "d.toml")
    assert first == second
    other = parse_config(GOOD.replace("hwm = 10", "hwm = 11", 1), "d.toml")
    assert other.devices[0] != first.devices[0]
    assert other.devices[1] == first.devices[1]


DEVICE = '[device.a]\nkind = "queue"\nin = "tcp://127.0.0.1:1"\nout = "tcp://127.0.0.1:2"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "d.toml:1: no device in it; begin one with [device.NAME]"),
        ("[device.a\n", "d.toml:1: not TOML: Expected ']' at the end of a table declaration"),
        ("a = 1\na = 2\n", "d.toml:2: not TOML: Cannot overwrite a value"),
        ("x = [", "d.toml:1: not TOML: Invalid value"),
        (DEVICE + "[device.a]\n", "d.toml:5: not TOML: Cannot declare ('device', 'a') twice"),
        (DEVICE + "[devices.b]", "d.toml:5: devices: unknown key; do you mean 'device'?"),
        (DEVICE + "hvm = 1", "d.toml:5: device.a.hvm: unknown key; do you mean 'hwm'?"),
        (
            DEVICE + "hwm = true",
            "d.toml:5: device.a.hwm: must be a whole number, not true or false",
        ),
        (DEVICE + "hwm = -1", "d.toml:5: device.a.hwm: -1 is not between"),
        (DEVICE + "hwm = 1.5", "d.toml:5: device.a.hwm: must be a whole number, not a number"),
        (DEVICE + "dashboard = 80", "d.toml:5: device.a.dashboard: must be a text, not a number"),
        (DEVICE + 'dashboard = "x"', "d.toml:5: device.a.dashboard: 'x' is not HOST:PORT"),
        (DEVICE + 'monitor_type = "pub"', "d.toml:5: device.a.monitor_type: there is no monitor"),
        (DEVICE + "monitor = []", "d.toml:5: device.a.monitor: no endpoint in it"),
        (DEVICE + "options.in.x = 1", "d.toml:5: device.a.options.in.x: no socket option is"),
        (DEVICE + 'options.in.linger = "x"', "options.in.linger: linger takes a number, not 'x'"),
        (DEVICE + "options.in.linger = [1]", "options.in.linger: a number, a text or true and"),
        (DEVICE + "cache_entries = 0", "d.toml:5: device.a.cache_entries: 0 is not between 1"),
        (
            DEVICE + "cache_bytes = 5",
            "d.toml:5: device.a.cache_bytes: only the kind cache keeps messages",
        ),
        (DEVICE + "options.mon.linger = 1", "d.toml:5: device.a.options.mon: unknown key"),
        (DEVICE + "options.monitor.linger = 1", "d.toml:5: device.a.options.monitor: no monitor"),
        (DEVICE + "options = 5", "d.toml:5: device.a.options: must be a table, not a number"),
        (DEVICE + "curve.in.server = 1", "d.toml:5: device.a.curve.in.server: must be true or"),
        (DEVICE + "curve.in.server = true", "d.toml:5: device.a.curve.in: server needs key FILE"),
        (DEVICE + 'curve.in.server_key = "x"', "d.toml:5: device.a.curve.in: server_key"),
        ("[device]\na = 1", "d.toml:2: device.a: must be a table, not a number"),
        (DEVICE.replace("[device.a]", '[device."a b"]'), "d.toml:1: device.a b: a name is made of"),
        ("[device.a]\nin='tcp://*:1'\nout='tcp://*:2'", "d.toml:1: device.a: needs a kind"),
        ("[device.a]\nkind='queue'\nin='tcp://*:1'", "d.toml:1: device.a: out is missing"),
        (DEVICE.replace("queue", "tree"), "d.toml:2: device.a.kind: 'tree' is unknown"),
        (
            DEVICE.replace("127.0.0.1:1", "127.0.0.1"),
            "d.toml:3: device.a.in: 'tcp://127.0.0.1': no",
        ),
        (DEVICE.replace(":2", ":1"), "d.toml:4: device.a.out: tcp://127.0.0.1:1 is bound by "),
        (
            DEVICE + "in_type = 'sub'",
            "d.toml:5: device.a.in_type: SUB cannot send what DEALER receives",
        ),
        (
            "[supervisor]\ndrain_s = '5'\n" + DEVICE,
            "d.toml:2: supervisor.drain_s: must be a number",
        ),
        ("[supervisor]\ndrain_s = -5\n" + DEVICE, "d.toml:2: supervisor.drain_s: -5 is not"),
        ("[supervisor]\ndrain_s = nan\n" + DEVICE, "d.toml:2: supervisor.drain_s: nan is not"),
        ("[supervisor]\nlog = 'xml'\n" + DEVICE, "d.toml:2: supervisor.log: 'xml' is unknown"),
        ("[supervisor]\nrestart_max_s = 0.1\n" + DEVICE, "supervisor.restart_max_s: is less than"),
        ("supervisor = 1\n" + DEVICE, "d.toml:1: supervisor: must be a table"),
    ],
)
def test_errors_name_file_key_and_line(text: str, complaint: str) -> None:
    (line,) = errors(text)
    assert complaint in line
    assert line.startswith("d.toml:")


def test_all_errors_come_at_once_in_order() -> None:
    text = DEVICE.replace("queue", "tree") + "hwm = -1\nx = 1\n"
    assert [line.split(": ")[0] for line in errors(text)] == ["d.toml:2", "d.toml:5", "d.toml:6"]


def test_elements_of_arrays_have_their_own_lines() -> None:
    text = DEVICE.replace('"tcp://127.0.0.1:1"', '[\n"tcp://127.0.0.1:1",\n"x",\n5]')
    assert [line.partition(": ")[::2] for line in errors(text)] == [
        (
            "d.toml:5",
            "device.a.in: 'x': no transport in it; write for example tcp://127.0.0.1:5555",
        ),
        ("d.toml:6", "device.a.in: an endpoint is a string, not a number"),
    ]


def test_endpoints_beside_a_wrong_one_are_bound_only_once() -> None:
    text = DEVICE.replace('"tcp://127.0.0.1:1"', '["tcp://127.0.0.1:2", "x"]')
    wrong, twice = errors(text)
    assert wrong.startswith("d.toml:3: device.a.in: 'x': no transport")
    assert twice == (
        "d.toml:4: device.a.out: tcp://127.0.0.1:2 is bound by device.a.in in line 3 already"
    )


def test_keys_are_looked_for_beside_the_file(tmp_path: Path) -> None:
    if not zmq.has("curve"):
        pytest.skip("libzmq without CURVE")
    public, secret = create_certificates(tmp_path, "me")
    (tmp_path / "clients").mkdir()
    file = tmp_path / "d.toml"
    file.write_text(
        DEVICE + 'curve.in = { server = true, key = "me.key_secret", allow = "clients" }\n'
        'curve.out = { server_key = "me.key" }\n'
    )
    extras = load_config(str(file)).devices[0].extras
    ours, theirs = extras["in"].keys, extras["out"].keys
    assert ours is not None
    assert theirs is not None
    assert (ours.public, ours.secret) == zmq.auth.load_certificate(secret)
    assert (ours.server_key, ours.allow) == (None, str(tmp_path / "clients"))
    assert theirs.server_key == ours.public
    file.write_text(DEVICE + 'curve.in = { server = true, key = "other.key_secret" }\n')
    with pytest.raises(ConfigError, match=r"d\.toml:5: device\.a\.curve\.in: key .*no such file"):
        load_config(str(file))
    assert public.endswith("me.key")


def test_all_files_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    if not zmq.has("curve"):
        pytest.skip("libzmq without CURVE")
    file = str(tmp_path / "d.toml")
    both = 'curve.in = { server = true, key = "none.key_secret", allow = "none" }\n'
    client = 'curve.out = { server_key = "no.key", key = "none.key_secret" }\n'
    assert errors(DEVICE + both + client, file) == [
        f"{file}:5: device.a.curve.in: allow {tmp_path}/none: no such directory",
        f"{file}:5: device.a.curve.in: key {tmp_path}/none.key_secret: no such file",
        f"{file}:6: device.a.curve.out: key {tmp_path}/none.key_secret: no such file",
        f"{file}:6: device.a.curve.out: server_key no.key: no such file",
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        load_config(str(tmp_path / "none.toml"))
    file = tmp_path / "d.toml"
    file.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigError, match=r"d\.toml:2: not UTF-8"):
        load_config(str(file))
    file.write_text("x = " + "[" * 100_000)
    with pytest.raises(ConfigError, match=r"nested too deeply|not TOML"):
        load_config(str(file))


def test_defaults() -> None:
    config = parse_config(DEVICE, "d.toml")
    assert isinstance(config, Config)
    assert config.supervisor == SupervisorConfig()
    assert config.devices[0].plan.monitor is None


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    if not zmq.has("curve"):
        pytest.skip("libzmq without CURVE")
    page = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
    text = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    create_certificates(tmp_path, "orders")
    (tmp_path / "clients").mkdir()
    config = parse_config(text, str(tmp_path / "devices.toml"))
    assert [each.name for each in config.devices] == ["orders", "news"]
    assert config.devices[0].extras["in"].keys is not None
