// The WebSocket to the dashboard: reconnects by itself and calls listeners with messages.

import { token } from "./token.js";

const SILENCE_MS = 6000;
const NEEDS_TOKEN = 4401;

export class Feed {
  // listeners: functions {hello, rows, tick, whole, locked, lost}, called with the message.
  constructor(listeners) {
    this.listeners = listeners;
    this.delay = 500;
    this.locked = false;
    this.connect();
    setInterval(() => this.checkSilence(), 1000);
  }

  connect() {
    clearTimeout(this.timer);
    this.lastMessage = Date.now();
    const url = new URL("feed", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onmessage = (event) => {
      this.lastMessage = Date.now();
      const message = JSON.parse(event.data);
      if (message.type === "locked") this.unlock();
      else {
        this.delay = 500;
        this.listeners[message.type]?.(message);
      }
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      if (event.code === NEEDS_TOKEN) this.lock();
      else this.retry();
    };
  }

  unlock() {
    if (token.value) this.send({ token: token.value });
    else this.lock();
  }

  lock() {
    this.locked = true;
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.listeners.locked(Boolean(token.value));
  }

  // Called when a token was entered.
  reconnect() {
    this.locked = false;
    this.connect();
  }

  retry() {
    this.listeners.lost();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.delay);
    this.delay = Math.min(this.delay * 2, 5000);
  }

  // A connection can be dead without a close event.
  checkSilence() {
    if (this.locked || Date.now() - this.lastMessage < SILENCE_MS) return;
    const silent = this.socket;
    this.socket = null;
    silent?.close();
    this.lastMessage = Date.now();
    this.retry();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
