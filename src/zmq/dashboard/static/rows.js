// The list of latest messages. Content of messages is set as text only, never as markup.

import { bytes, clock, count } from "./numbers.js";

const MAX_ROWS = 300;
const ARROWS = { in_to_out: "in →", out_to_in: "← out" };

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Hex digits in pairs.
function spaced(hex) {
  return hex.replace(/(..)(?=.)/g, "$1 ");
}

export class Rows {
  // send: sends a request to the server. opened: called when a message is opened.
  constructor(list, note, send, opened) {
    this.opened = opened;
    this.list = list;
    this.note = note;
    this.send = send;
    this.hex = false;
    this.frozen = false;
    this.waiting = [];
    this.emptyText = "";
    list.addEventListener("click", (event) => this.open(event.target.closest(".row")));
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      const row = event.target.closest(".row");
      if (!row) return;
      event.preventDefault();
      this.open(row);
    });
  }

  // Replace all rows.
  reset(messages) {
    this.waiting = [];
    this.list.replaceChildren(...messages.map((message) => this.row(message)).reverse());
    this.updateNote();
  }

  add(messages) {
    if (this.frozen) {
      this.waiting.push(...messages);
      this.waiting.splice(0, this.waiting.length - MAX_ROWS);
      return;
    }
    if (!messages.length) {
      this.updateNote();
      return;
    }
    // A scrolled list keeps its position.
    const before = this.list.scrollTop ? this.list.scrollHeight : 0;
    this.list.prepend(...messages.map((message) => this.row(message)).reverse());
    while (this.list.children.length > MAX_ROWS) this.list.lastChild.remove();
    if (before) this.list.scrollTop += this.list.scrollHeight - before;
    this.updateNote();
  }

  freeze(frozen) {
    this.frozen = frozen;
    if (!frozen) this.add(this.waiting.splice(0));
  }

  show(hex) {
    this.hex = hex;
    for (const item of this.list.children) {
      item.querySelector(".parts").replaceWith(this.parts(item.message));
      if (item.whole) this.unfold(item, item.whole);
    }
  }

  updateNote() {
    this.note.textContent = this.list.children.length ? "" : this.emptyText;
  }

  row(message) {
    const item = element("li");
    item.message = message;
    const row = element("div", "row");
    row.tabIndex = 0;
    row.setAttribute("role", "button");
    row.append(
      element("span", "time", clock(message.time)),
      element("span", `direction ${message.direction}`, ARROWS[message.direction] ?? ""),
      element("span", "size", bytes(message.size)),
      this.parts(message),
    );
    item.append(row);
    return item;
  }

  parts(message) {
    const all = element("span", "parts");
    for (const part of message.parts) all.append(this.part(part));
    const left = message.n_parts - message.parts.length;
    if (left > 0) all.append(element("span", "more", `+ ${count(left)} parts`));
    return all;
  }

  part(part) {
    if (!part.size) return element("span", "part empty", "empty");
    const isText = part.text !== null && !this.hex;
    // A line break would break the row.
    const shown = isText ? part.text.replace(/[\r\n\t]+/g, " ⏎ ") : spaced(part.hex);
    const made = element("span", isText ? "part" : "part binary", shown + (part.cut ? "…" : ""));
    made.title = `${count(part.size)} bytes`;
    return made;
  }

  open(row) {
    const item = row?.parentElement;
    if (!item || getSelection().toString()) return;
    const old = item.querySelector(".whole");
    if (old) {
      old.remove();
      item.whole = null;
      item.classList.remove("open");
      return;
    }
    item.classList.add("open");
    this.opened();
    this.unfold(item, item.message);
    this.send({ whole: item.message.id });
  }

  // The server has sent all that it keeps of a message.
  whole(id, message) {
    for (const item of this.list.children) {
      if (item.message.id === id && item.whole) this.unfold(item, message ?? item.message);
    }
  }

  unfold(item, message) {
    item.whole = message;
    const box = element("div", "whole");
    const list = element("dl");
    message.parts.forEach((part, index) => {
      list.append(element("dt", "", `part ${index + 1}, ${bytes(part.size)}`));
      const text = part.text !== null && !this.hex ? part.text : spaced(part.hex);
      const body = element("dd");
      body.append(element("pre", "", part.size ? text : "empty"));
      if (part.cut) body.append(element("span", "quiet", "The rest was not kept."));
      list.append(body);
    });
    const left = message.n_parts - message.parts.length;
    if (left > 0) list.append(element("dt", "", `${count(left)} more parts`));
    box.append(list);
    item.querySelector(".whole")?.remove();
    item.append(box);
  }
}
