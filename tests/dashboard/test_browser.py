"""The dashboard's page in a real Chromium. `make test-browser` runs these, `make test` does not."""

from __future__ import annotations

import http.server
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page

import zmq
from helpers.dashboard import TOKEN, Traffic
from helpers.sockets import ANY
from helpers.waiting import until
from zmq import dashboard
from zmq.devices import ThreadLastValueCache

SCRIPT = b"<script>document.title='owned'</script>"
IMAGE = b"<img src=x onerror=\"document.title='owned'\">"
ROW_COUNT = "document.querySelectorAll('#rows li').length"


def last_of(page: Page, chart: str, column: str) -> float:
    """The newest value that a chart holds: NaN counts as none."""
    value = page.evaluate(
        "([chart, column]) => ohmqCharts.drawn.get(chart)?.source.data[column].at(-1) ?? null",
        [chart, column],
    )
    return float(value or 0)


def total(page: Page) -> int:
    return int((page.text_content("#total_in") or "0").split()[-1].replace(",", "").strip("–") or 0)


def wait(page: Page, condition: str, arg: object = None) -> None:
    """Wait until JavaScript says so; asked from here, as the page's policy allows no eval."""
    until(lambda: page.evaluate(condition, arg), 30)


def wait_for_row(page: Page, text: str) -> None:
    wait(
        page,
        "text => [...document.querySelectorAll('#rows .part')].some(e => e.textContent === text)",
        arg=text,
    )


def test_charts_move_and_messages_appear(
    page: Page, traffic: Traffic, complaints: list[str], served: dashboard.Dashboard
) -> None:
    wait_for_row(page, "body")
    until(lambda: last_of(page, "messages", "messages_in") > 0)
    for name in ("messages", "bytes", "peers", "blocked", "dropped"):
        assert page.locator(f"#chart-{name} .bk-Figure").count() == 1, name
    canvas = page.locator("#chart-messages")
    points = "ohmqCharts.drawn.get('messages').source.data.time.length"
    before = page.evaluate(points)
    picture = canvas.screenshot()
    until(
        lambda: (
            page.evaluate("ohmqCharts.drawn.get('messages').source.data.time.length") > before + 2
        )
    )
    assert canvas.screenshot() != picture
    assert total(page) > 0
    until(lambda: page.text_content("#peers_in") == "1")
    assert page.text_content("h1") == "Under test"
    assert "#" not in page.url  # the token does not stay in the address
    assert TOKEN not in page.content()
    assert complaints == []
    requests = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert requests
    assert all(each.startswith(served.url) for each in requests)


def test_the_axes_speak_as_the_tiles_do(page: Page, traffic: Traffic) -> None:
    wait(
        page,
        """() => ["bytes", "messages", "dropped", "peers"].every(
            (chart) => ohmqCharts.drawn.get(chart)?.formatter)""",
    )
    assert page.evaluate(
        """async () => {
            const axis = (chart, ticks) => {
                const formatter = ohmqCharts.drawn.get(chart).formatter;
                return formatter.doFormat(ticks, {});
            };
            return [
                axis("bytes", [0, 500, 20_000, 1_500_000, 10_000_000, 2e9]),
                axis("messages", [0, 5, 1500, 200_000, 2_000_000]),
                axis("dropped", [0.5]),
                axis("peers", [0, 2]),
            ];
        }"""
    ) == [
        ["0 B", "500 B", "20 kB", "1.5 MB", "10 MB", "2 GB"],
        ["0", "5", "1.5 k", "200 k", "2 M"],
        ["0.5"],
        ["0", "2"],
    ]


def test_equal_lines_are_both_seen(page: Page, traffic: Traffic) -> None:
    in_ink, out_ink = (0x25, 0x63, 0xC9), (0xC2, 0x57, 0x0C)  # on the light page

    def both() -> bool:
        picture = Image.open(io.BytesIO(page.locator("#chart-peers").screenshot())).convert("RGB")
        seen: dict[Any, set[int]] = {in_ink: set(), out_ink: set()}
        pixels = picture.tobytes()
        for place in range(len(pixels) // 3):
            colour = tuple(pixels[3 * place : 3 * place + 3])
            if colour in seen:
                seen[colour].add(place % picture.width)
        # Each has places of its own along the line, not only an edge of the other.
        ins, outs = seen[in_ink], seen[out_ink]
        return min(len(ins - outs), len(outs - ins)) > 5

    until(lambda: last_of(page, "peers", "peers_in") == last_of(page, "peers", "peers_out") == 1)
    until(both)


def test_what_is_in_a_message_is_text(page: Page, traffic: Traffic, complaints: list[str]) -> None:
    traffic.bodies = [[SCRIPT, IMAGE], [b"\xff\x00", b"</li>"]]
    wait_for_row(page, SCRIPT.decode())
    page.locator(".row", has_text="onerror").first.click()
    page.wait_for_selector(".whole pre")
    page.click("[data-show=hex]")
    wait_for_row(page, "ff 00")
    page.click("[data-show=text]")
    assert page.locator("#rows script, #rows img").count() == 0
    assert "owned" not in page.title()
    assert complaints == []


def test_the_policy_would_not_let_a_script_run(page: Page, complaints: list[str]) -> None:
    """Were there a hole in the page, this is the second wall."""
    page.evaluate(
        """text => {
            const hole = document.createElement("div");
            hole.innerHTML = text;
            document.body.append(hole);
            const script = document.createElement("script");
            script.textContent = "document.title = 'owned'";
            document.body.append(script);
        }""",
        IMAGE.decode(),
    )
    until(lambda: page.evaluate("true") and len(complaints) >= 2)
    assert "owned" not in page.title()
    assert any("Content Security Policy" in each for each in complaints)


def test_filters(page: Page, traffic: Traffic) -> None:
    traffic.pause_s = 0.1
    traffic.bodies = [[b"news.sport", b"ball"], [b"news.arts", b"Opera"], [b"weather", b"rain"]]
    wait_for_row(page, "rain")

    def shown() -> set[str]:
        return set(page.locator("#rows .parts .part:first-child").all_text_contents())

    page.fill("#prefix", "news.")
    until(lambda: shown() == {"news.sport", "news.arts"})
    page.fill("#text", "OPERA")
    until(lambda: shown() == {"news.arts"})
    said = "document.getElementById('sampling').textContent"
    wait(page, f"{said} === 'All matching messages are shown.'")
    page.fill("#prefix", "")
    page.fill("#text", "0x7261696e")
    until(lambda: shown() == {"weather"})
    page.click("[data-direction=out_to_in]")
    until(lambda: shown() == set())
    wait(page, "document.getElementById('no-rows').textContent.includes('matches')")
    page.click("[data-direction=in_to_out]")
    until(lambda: shown() == {"weather"})


def test_freeze(page: Page, traffic: Traffic) -> None:
    wait_for_row(page, "body")
    page.click("#freeze")
    held = page.evaluate(ROW_COUNT)
    before = total(page)
    until(lambda: total(page) > before + 20)
    assert page.evaluate(ROW_COUNT) == held
    page.click("#freeze")
    until(lambda: page.evaluate(ROW_COUNT) > held)


def test_a_message_is_opened(page: Page, traffic: Traffic) -> None:
    traffic.bodies = [[b"long", b"x" * 5000]]
    wait_for_row(page, "long")
    page.locator(".row").first.click()
    assert page.get_attribute("#freeze", "aria-pressed") == "true"  # it does not move away
    wait(page, "document.querySelectorAll('.whole pre')[1]?.textContent === 'x'.repeat(5000)")
    page.locator(".row").first.press("Enter")
    assert page.locator(".whole").count() == 0


def test_pause_resume_stop(page: Page, traffic: Traffic, device: Any) -> None:
    until(lambda: total(page) > 0)
    page.click("#pause")
    page.wait_for_selector(".pill.paused")
    assert device.state == "paused"
    stood = device.stats().messages_in
    until(lambda: last_of(page, "messages", "messages_in") == 0)
    assert device.stats().messages_in == stood
    page.click("#resume")
    page.wait_for_selector(".pill.running")
    until(lambda: device.stats().messages_in > stood)
    page.click("#stop")
    assert device.state == "running"  # asked once more
    page.click("#stop")
    page.wait_for_selector(".pill.stopped")
    assert device.state == "stopped"
    assert page.is_disabled("#pause")


def test_without_the_token_nothing_is_stopped(
    browser: BrowserContext, served: dashboard.Dashboard, device: Any, traffic: Traffic
) -> None:
    page = browser.new_page()
    page.goto(served.url)
    wait_for_row(page, "body")  # reading is free on loopback
    page.click("#pause")
    page.wait_for_selector("#token-form:not([hidden])")
    page.fill("#token", "not-the-token-of-it")
    page.click("#token-form .primary")
    wait(page, "document.getElementById('token-reason').textContent.includes('Wrong')")
    assert device.state == "running"
    page.fill("#token", TOKEN)
    page.click("#token-form .primary")
    page.wait_for_selector(".pill.paused")
    assert device.state == "paused"
    answers = page.evaluate(
        """async () => {
            const ask = (headers) => fetch("api/stop", {method: "POST", headers});
            return [(await ask({})).status, (await ask({Authorization: "Bearer x"})).status];
        }"""
    )
    assert answers == [401, 401]
    assert device.state == "paused"


def test_a_private_page_asks_first(browser: BrowserContext, device: Any, traffic: Traffic) -> None:
    with dashboard.serve(device, "127.0.0.1:*", TOKEN, private=True) as served:
        page = browser.new_page()
        page.goto(served.url)
        page.wait_for_selector("#token-form:not([hidden])")
        assert total(page) == 0
        page.fill("#token", TOKEN)
        page.click("#token-form .primary")
        wait_for_row(page, "body")


class _Foreign(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>foreign</title>")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def foreign() -> Iterator[str]:
    """A page of another site."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Foreign) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://foreign.example:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_foreign_page_cannot_reach_in(
    browser: BrowserContext, served: dashboard.Dashboard, device: Any, foreign: str
) -> None:
    page = browser.new_page()
    page.goto(foreign)
    outcome = page.evaluate(
        """async ([url, token]) => {
            const outcome = {};
            try {
                const headers = {Authorization: "Bearer " + token};
                await fetch(url + "api/stop", {method: "POST", headers});
                outcome.post = "sent";
            } catch { outcome.post = "refused"; }
            await fetch(url + "api/stop", {method: "POST", mode: "no-cors"}).catch(() => {});
            try {
                outcome.read = await (await fetch(url + "api/stats")).text();
            } catch { outcome.read = "refused"; }
            outcome.socket = await new Promise((done) => {
                const socket = new WebSocket(url.replace("http", "ws") + "feed");
                socket.onmessage = () => done("heard");
                socket.onclose = () => done("refused");
            });
            return outcome;
        }""",
        [served.url, TOKEN],
    )
    assert outcome == {"post": "refused", "read": "refused", "socket": "refused"}
    assert device.state == "running"


def test_another_name_for_this_machine_is_refused(
    browser: BrowserContext, served: dashboard.Dashboard
) -> None:
    """DNS rebinding: the browser thinks that it is still talking to the attacker's site."""
    page = browser.new_page()
    answer = page.goto(served.url.replace("127.0.0.1", "rebound.example"))
    assert answer is not None
    assert answer.status == 403
    assert page.evaluate("async () => (await fetch('/api/stats')).status") == 403


def test_it_fits_a_phone_and_both_themes(page: Page, traffic: Traffic) -> None:
    wait_for_row(page, "body")
    for width in (1280, 768, 390):
        page.set_viewport_size({"width": width, "height": 844})
        wait(page, "document.documentElement.scrollWidth <= innerWidth")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.click("#theme")
    wait(page, f"{ground} !== {json.dumps(before)}")
    until(lambda: last_of(page, "messages", "messages_in") > 0)
    page.reload()
    wait(page, "document.title.includes('running')")
    assert page.evaluate(ground) != before


def test_it_comes_back(browser: BrowserContext, device: Any, traffic: Traffic) -> None:
    with dashboard.serve(device, "127.0.0.1:*", TOKEN) as first:
        page = browser.new_page()
        page.goto(first.link)
        wait_for_row(page, "body")
        port = first.address[1]
    page.wait_for_selector(".pill.lost")
    with dashboard.serve(device, f"127.0.0.1:{port}", TOKEN):
        page.wait_for_selector(".pill.running")


def test_it_says_that_it_samples(page: Page, traffic: Traffic) -> None:
    traffic.pause_s = 0
    traffic.bodies = [[b"x"]] * 200
    wait(page, "document.getElementById('sampling').textContent.startsWith('Sampled:')")
    # Frames go on being drawn meanwhile, however many a busy machine has time for.
    frames = page.evaluate(
        """async () => {
            let frames = 0;
            const until = performance.now() + 2000;
            while (performance.now() < until) {
                await new Promise(requestAnimationFrame);
                frames += 1;
            }
            return frames;
        }"""
    )
    assert frames > 4
    assert page.evaluate(ROW_COUNT) <= 300


def test_a_monitor(browser: BrowserContext, device: Any, traffic: Traffic) -> None:
    with dashboard.serve(device.endpoints["mon"][0], "127.0.0.1:*", TOKEN) as served:
        page = browser.new_page()
        page.goto(served.link)
        wait_for_row(page, "body")
        assert page.text_content("#state") == "watching"
        assert page.locator("#pause, #stop").first.is_hidden()
        assert page.locator("#chart-blocked").is_hidden()
        until(lambda: last_of(page, "messages", "messages_in") > 0)
        device.stop(0.2)
        page.wait_for_selector(".pill.waiting")
        assert page.text_content("#state") == "monitor not connected"
        assert "not connected" in page.title()


def test_a_cache(browser: BrowserContext) -> None:
    cache = ThreadLastValueCache(max_entries=2)
    cache.bind_in(ANY)
    cache.bind_out(ANY)
    cache.start()
    try:
        with (
            zmq.Context() as context,
            context.socket(zmq.XPUB) as publisher,
            dashboard.serve(cache, "127.0.0.1:*", TOKEN) as served,
        ):
            publisher.connect(cache.endpoints["in"][0])
            assert publisher.recv() == b"\1"
            page = browser.new_page()
            page.goto(served.link)
            page.wait_for_selector(".pill.running")
            for n in range(3):
                publisher.send_multipart([b"topic %d" % n, bytes(1000)])
            wait(page, "document.querySelector('#cache_entries').textContent === '2'")
            assert page.text_content("#cache_evicted") == "1"
            assert "kB" in (page.text_content("#cache_bytes") or "")
            assert page.locator("[data-needs=cache]").is_visible()
    finally:
        cache.stop(0.2)


def test_what_is_no_cache_has_no_tile_for_it(page: Page, traffic: Traffic) -> None:
    wait_for_row(page, "body")
    assert page.locator("[data-needs=cache]").is_hidden()
