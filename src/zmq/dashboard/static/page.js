// Puts the pieces together: what the feed brings goes to the tiles, the charts and the rows.

import { Charts } from "./charts.js";
import { Feed } from "./feed.js";
import { age, bytes, count, percent, rate, seconds } from "./numbers.js";
import { Rows } from "./rows.js";
import { Steer } from "./steer.js";

const $ = (id) => document.getElementById(id);
const page = { kind: "device", tick_s: 0.5, columns: [], hidden: "", shown: [] };

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

const charts = new Charts();
// What somebody has opened to read does not move away.
const rows = new Rows($("rows"), $("none"), (wish) => feed.say(wish), () => hold(true));
const steer = new Steer(notice, () => feed.again());
const feed = new Feed({
  hello,
  tick,
  rows: (said) => rows.reset(said.messages),
  whole: (said) => rows.whole(said.id, said.message),
  lost: () => state("lost"),
  locked: (wrong) => {
    state("locked");
    steer.ask(wrong ? "That was not the token." : "From here, reading needs the token, too.", true);
  },
});

// ---- what comes in

function hello(said) {
  page.kind = said.kind;
  page.tick_s = said.tick_s;
  page.columns = said.columns;
  page.title = said.title;
  $("title").textContent = said.title;
  $("endpoints").replaceChildren(
    ...said.endpoints.map(([side, address]) => {
      const item = document.createElement("li");
      const name = document.createElement("b");
      const where = document.createElement("code");
      name.textContent = side;
      where.textContent = address;
      item.append(name, where);
      return item;
    }),
  );
  rows.why = said.no_messages || "No messages yet.";
  $("sampling").textContent =
    said.kind === "monitor" ? "Counted from what the monitor publishes." : "";
  steer.offer(said.actions);
  charts.start(said.columns, said.points, said.tick_s);
  totals(said);
  if (said.points.length) now(said.points[said.points.length - 1]);
  wish();
}

function tick(said) {
  totals(said);
  if (said.point) {
    now(said.point);
    charts.add(said.point);
  }
  if (said.sample.taken) sampling(said.sample);
  rows.add(said.messages);
}

// Words of what a source is in, where the bare state would mislead.
function words(name) {
  if (name === "lost") return "no connection";
  if (page.kind === "monitor") {
    return { running: "watching", waiting: "monitor not connected" }[name] ?? name;
  }
  return name;
}

function state(name) {
  $("state").textContent = words(name);
  $("state").className = `pill ${name}`;
  steer.show(name);
  document.title = `${page.title ?? "ohmq"} · ${words(name)}`;
}

function totals(said) {
  const all = said.totals;
  state(said.state);
  if (said.error !== page.error) {
    page.error = said.error;
    notice(said.error ? `The device does not tell its numbers: ${said.error}` : "");
  }
  $("total_in").textContent = `${count(all.messages_in)} in all`;
  $("total_out").textContent = `${count(all.messages_out)} in all`;
  $("total_dropped").textContent = count(all.dropped);
  if (all.blocked_in_s !== null) {
    $("blocked_s").textContent = seconds(all.blocked_in_s + all.blocked_out_s);
  }
  const running = ["running", "paused"].includes(said.state) && all.seconds !== null;
  $("uptime").textContent = running ? `for ${age(all.seconds)}` : "";
  reveal({
    peers: all.peers_in !== null || all.peers_out !== null,
    blocked: all.blocked_in_s !== null,
    dropped: all.dropped !== null,
  });
}

// What a source cannot tell has no place on the page.
function reveal(known) {
  const hidden = JSON.stringify(known);
  if (hidden === page.hidden) return;
  page.hidden = hidden;
  for (const place of document.querySelectorAll("[data-needs]")) {
    place.hidden = !known[place.dataset.needs];
  }
  draw();
}

function now(point) {
  const at = Object.fromEntries(page.columns.map((name, index) => [name, point[index]]));
  for (const way of ["in", "out"]) {
    $(`messages_${way}`).textContent = rate(at[`messages_${way}`]);
    $(`bytes_${way}`).textContent = `${bytes(at[`bytes_${way}`])}/s`;
    $(`peers_${way}`).textContent = count(at[`peers_${way}`]);
    $(`blocked_${way}`).textContent = percent(at[`blocked_${way}`]);
  }
  $("dropped").textContent = rate(at.dropped);
  page.rate = at.messages_in + at.messages_out;
}

// Say how much of the traffic the list shows: of the last few ticks, as single ones jump.
function sampling(sample) {
  page.shown.push(sample);
  page.shown.splice(0, page.shown.length - 4);
  const sum = (name) => page.shown.reduce((so_far, each) => so_far + each[name], 0);
  const per_s = (number) => number / (page.shown.length * page.tick_s);
  const shown = sum("shown");
  const complete = page.shown.every((each) => each.complete);
  const filtered = Boolean(filter.way || filter.prefix || filter.text);
  let text;
  if (complete && shown === sum("found")) {
    text = filtered ? "Every message that matches is shown." : "Every message is shown.";
  } else {
    const all = complete ? per_s(sum("read")) : Math.max(page.rate ?? 0, per_s(sum("read")));
    text = filtered
      ? `Sampled: ${rate(per_s(shown))} of ${rate(per_s(sum("found")))} matches a second are shown; ` +
        `${rate(per_s(sum("read")))} of ${rate(all)} messages a second were searched.`
      : `Sampled: ${rate(per_s(shown))} of ${rate(all)} messages a second are shown.`;
  }
  $("sampling").textContent = text;
}

// ---- what people do

const filter = { way: "", prefix: "", text: "" };

function wish() {
  feed.say({ filter });
}

let typing;
for (const id of ["prefix", "text"]) {
  $(id).oninput = () => {
    filter[id] = $(id).value;
    rows.why = "Nothing that was read so far matches.";
    clearTimeout(typing);
    typing = setTimeout(wish, 200);
  };
}

// Buttons of which one is chosen.
function choice(name, chosen) {
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
      chosen(button.dataset[name]);
    };
  }
}

choice("way", (way) => {
  filter.way = way;
  wish();
});
choice("show", (how) => rows.show(how === "hex"));
choice("window", (window_s) => charts.show(Number(window_s)));

function hold(held) {
  if (held === rows.held) return;
  rows.hold(held);
  $("hold").setAttribute("aria-pressed", held);
  $("hold").textContent = held ? "Go on" : "Hold";
}

$("hold").onclick = () => hold(!rows.held);

$("theme").onclick = () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("ohmq-theme", root.dataset.theme);
  } catch {
    // Storage is switched off: it lasts until the page is loaded again.
  }
  draw();
};

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) charts.fill();
});

function draw() {
  charts.draw(document.documentElement.dataset.theme).catch((error) => notice(String(error)));
}

// For tests: what the charts hold.
globalThis.ohmqCharts = charts;
