// The connection to the dashboard: it comes back by itself, and tells who listens what came.

import { token } from "./token.js";

const SILENCE_MS = 6000;
const NEEDS_TOKEN = 4401;

export class Feed {
  // listeners: {hello, rows, tick, whole, locked, lost}, each called with what came.
  constructor(listeners) {
    this.listeners = listeners;
    this.delay = 500;
    this.locked = false;
    this.connect();
    setInterval(() => this.look(), 1000);
  }

  connect() {
    clearTimeout(this.timer);
    this.heard = Date.now();
    const url = new URL("feed", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onmessage = (event) => {
      this.heard = Date.now();
      const said = JSON.parse(event.data);
      if (said.type === "locked") this.unlock();
      else {
        this.delay = 500;
        this.listeners[said.type]?.(said);
      }
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      if (event.code === NEEDS_TOKEN) this.lock();
      else this.retry();
    };
  }

  unlock() {
    if (token.value) this.say({ token: token.value });
    else this.lock();
  }

  lock() {
    this.locked = true;
    const gone = this.socket;
    this.socket = null;
    gone?.close();
    this.listeners.locked(Boolean(token.value));
  }

  // After a token was typed.
  again() {
    this.locked = false;
    this.connect();
  }

  retry() {
    this.listeners.lost();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.delay);
    this.delay = Math.min(this.delay * 2, 5000);
  }

  // A connection may be dead without anybody having said so.
  look() {
    if (this.locked || Date.now() - this.heard < SILENCE_MS) return;
    const silent = this.socket;
    this.socket = null;
    silent?.close();
    this.heard = Date.now();
    this.retry();
  }

  say(what) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(what));
  }
}
