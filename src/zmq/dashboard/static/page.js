// Entry point: passes messages of the feed to the tiles, the charts and the rows.

import { Actions } from "./actions.js";
import { Charts } from "./charts.js";
import { Feed } from "./feed.js";
import { age, bytes, count, percent, rate, seconds } from "./numbers.js";
import { Rows } from "./rows.js";

const $ = (id) => document.getElementById(id);
const page = { kind: "device", tick_s: 0.5, columns: [], known: "", samples: [] };

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

const charts = new Charts();
// Opening a message freezes the list, so that the message does not move.
const rows = new Rows($("rows"), $("no-rows"), (request) => feed.send(request), () => freeze(true));
const actions = new Actions(notice, () => feed.reconnect());
const feed = new Feed({
  hello,
  tick,
  rows: (message) => rows.reset(message.messages),
  whole: (message) => rows.whole(message.id, message.message),
  lost: () => state("lost"),
  locked: (wrong) => {
    state("locked");
    actions.askToken(wrong ? "Wrong token." : "This page requires the token.", true);
  },
});

// ---- messages from the server

function hello(message) {
  page.kind = message.kind;
  page.tick_s = message.tick_s;
  page.columns = message.columns;
  page.title = message.title;
  $("title").textContent = message.title;
  $("endpoints").replaceChildren(
    ...message.endpoints.map(([side, address]) => {
      const item = document.createElement("li");
      const name = document.createElement("b");
      const where = document.createElement("code");
      name.textContent = side;
      where.textContent = address;
      item.append(name, where);
      return item;
    }),
  );
  rows.emptyText = message.no_messages || "No messages yet.";
  $("sampling").textContent =
    message.kind === "monitor" ? "Counted from what the monitor publishes." : "";
  actions.offer(message.actions);
  charts.start(message.columns, message.points, message.tick_s);
  totals(message);
  if (message.points.length) showPoint(message.points[message.points.length - 1]);
  sendFilter();
}

function tick(message) {
  totals(message);
  if (message.point) {
    showPoint(message.point);
    charts.add(message.point);
  }
  if (message.sample.taken) sampling(message.sample);
  rows.add(message.messages);
}

// Text for a state.
function stateText(name) {
  if (name === "lost") return "no connection";
  if (page.kind === "monitor") {
    return { running: "watching", waiting: "monitor not connected" }[name] ?? name;
  }
  return name;
}

function state(name) {
  $("state").textContent = stateText(name);
  $("state").className = `pill ${name}`;
  actions.show(name);
  document.title = `${page.title ?? "ohmq"} · ${stateText(name)}`;
}

function totals(message) {
  const all = message.totals;
  state(message.state);
  if (message.error !== page.error) {
    page.error = message.error;
    notice(message.error ? `The device does not report its counters: ${message.error}` : "");
  }
  $("total_in").textContent = `total ${count(all.messages_in)}`;
  $("total_out").textContent = `total ${count(all.messages_out)}`;
  $("total_dropped").textContent = count(all.dropped);
  if (all.blocked_in_s !== null) {
    $("blocked_s").textContent = seconds(all.blocked_in_s + all.blocked_out_s);
  }
  if (all.cache_entries !== null) {
    $("cache_entries").textContent = count(all.cache_entries);
    $("cache_bytes").textContent = bytes(all.cache_bytes);
    $("cache_evicted").textContent = count(all.cache_evicted);
  }
  const running = ["running", "paused"].includes(message.state) && all.seconds !== null;
  $("uptime").textContent = running ? `for ${age(all.seconds)}` : "";
  reveal({
    peers: all.peers_in !== null || all.peers_out !== null,
    blocked: all.blocked_in_s !== null,
    cache: all.cache_entries !== null,
    dropped: all.dropped !== null,
  });
}

// Hide tiles and charts of values that the source does not know.
function reveal(known) {
  const text = JSON.stringify(known);
  if (text === page.known) return;
  page.known = text;
  for (const element of document.querySelectorAll("[data-needs]")) {
    element.hidden = !known[element.dataset.needs];
  }
  draw();
}

function showPoint(point) {
  const at = Object.fromEntries(page.columns.map((name, index) => [name, point[index]]));
  for (const side of ["in", "out"]) {
    $(`messages_${side}`).textContent = rate(at[`messages_${side}`]);
    $(`bytes_${side}`).textContent = `${bytes(at[`bytes_${side}`])}/s`;
    $(`peers_${side}`).textContent = count(at[`peers_${side}`]);
    $(`blocked_${side}`).textContent = percent(at[`blocked_${side}`]);
  }
  $("dropped").textContent = rate(at.dropped);
  page.rate = at.messages_in + at.messages_out;
}

// Show how much of the traffic the list shows, as a mean of the last ticks.
function sampling(sample) {
  page.samples.push(sample);
  page.samples.splice(0, page.samples.length - 4);
  const sum = (name) => page.samples.reduce((so_far, each) => so_far + each[name], 0);
  const per_s = (number) => number / (page.samples.length * page.tick_s);
  const shown = sum("shown");
  const complete = page.samples.every((each) => each.complete);
  const filtered = Boolean(filter.direction || filter.prefix || filter.text);
  let text;
  if (complete && shown === sum("found")) {
    text = filtered ? "All matching messages are shown." : "All messages are shown.";
  } else {
    const all = complete ? per_s(sum("read")) : Math.max(page.rate ?? 0, per_s(sum("read")));
    text = filtered
      ? `Sampled: ${rate(per_s(shown))} of ${rate(per_s(sum("found")))} matches a second are shown; ` +
        `${rate(per_s(sum("read")))} of ${rate(all)} messages a second were searched.`
      : `Sampled: ${rate(per_s(shown))} of ${rate(all)} messages a second are shown.`;
  }
  $("sampling").textContent = text;
}

// ---- user input

const filter = { direction: "", prefix: "", text: "" };

function sendFilter() {
  feed.send({ filter });
}

let inputTimer;
for (const id of ["prefix", "text"]) {
  $(id).oninput = () => {
    filter[id] = $(id).value;
    rows.emptyText = "No message read so far matches.";
    clearTimeout(inputTimer);
    inputTimer = setTimeout(sendFilter, 200);
  };
}

// A group of buttons of which one is selected.
function buttonGroup(name, onSelect) {
  const buttons = [...document.querySelectorAll(`[data-${name}]`)].filter(
    (each) => each.tagName === "BUTTON",
  );
  for (const button of buttons) {
    button.setAttribute("aria-pressed", button.classList.contains("on"));
    button.onclick = () => {
      for (const each of buttons) {
        each.classList.toggle("on", each === button);
        each.setAttribute("aria-pressed", each === button);
      }
      onSelect(button.dataset[name]);
    };
  }
}

buttonGroup("direction", (direction) => {
  filter.direction = direction;
  sendFilter();
});
buttonGroup("show", (format) => rows.show(format === "hex"));
buttonGroup("window", (window_s) => charts.show(Number(window_s)));

function freeze(frozen) {
  if (frozen === rows.frozen) return;
  rows.freeze(frozen);
  $("freeze").setAttribute("aria-pressed", frozen);
  $("freeze").textContent = frozen ? "Unfreeze list" : "Freeze list";
}

$("freeze").onclick = () => freeze(!rows.frozen);

$("theme").onclick = () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("ohmq-theme", root.dataset.theme);
  } catch {
    // Storage is disabled: the theme lasts until the page is reloaded.
  }
  draw();
};

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) charts.fill();
});

function draw() {
  charts.draw(document.documentElement.dataset.theme).catch((error) => notice(String(error)));
}

// For tests.
globalThis.ohmqCharts = charts;
