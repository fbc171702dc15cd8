// The buttons that control the device, and the token that they require.

import { token } from "./token.js";

const $ = (id) => document.getElementById(id);
const ACTIONS = ["pause", "resume", "stop"];
const CONFIRM_MS = 4000;

export class Actions {
  // unlocked: called when a token for reading was entered.
  constructor(notice, unlocked) {
    this.notice = notice;
    this.unlocked = unlocked;
    this.actions = [];
    this.pending = null;
    for (const action of ACTIONS) $(action).onclick = () => this.press(action);
    $("enter-token").onclick = () => this.askToken("");
    $("cancel-token").onclick = () => this.askToken(null);
    $("token-form").onsubmit = (event) => {
      event.preventDefault();
      token.set($("token").value.trim());
      $("token").value = "";
      const reading = this.reading;
      this.askToken(null);
      if (reading) this.unlocked();
      else if (this.pending) this.act(this.pending);
    };
  }

  // Show the form for the token, with a reason; null hides it.
  askToken(reason, reading = false) {
    this.reading = reading;
    $("token-form").hidden = reason === null;
    $("cancel-token").hidden = reading;
    if (reason === null) return;
    $("token-reason").textContent = reason || "The token permits pause, resume and stop in this tab.";
    $("token").focus();
  }

  offer(actions) {
    this.actions = actions;
  }

  show(state) {
    const offered = (action) => this.actions.includes(action);
    $("pause").hidden = !offered("pause") || state === "paused";
    $("resume").hidden = !offered("resume") || state !== "paused";
    $("stop").hidden = !offered("stop");
    $("enter-token").hidden = !this.actions.length || Boolean(token.value);
    const ended = ["stopped", "failed", "new"].includes(state);
    for (const action of ACTIONS) $(action).disabled = ended;
  }

  press(action) {
    // Stop cannot be undone, so it must be confirmed.
    if (action === "stop" && !$("stop").classList.contains("confirm")) {
      $("stop").classList.add("confirm");
      $("stop").textContent = "Confirm stop";
      setTimeout(() => this.resetStop(), CONFIRM_MS);
      return;
    }
    this.resetStop();
    this.act(action);
  }

  resetStop() {
    $("stop").classList.remove("confirm");
    $("stop").textContent = "Stop";
  }

  async act(action) {
    this.pending = null;
    this.notice("");
    const headers = token.value ? { Authorization: `Bearer ${token.value}` } : {};
    let answer;
    try {
      answer = await fetch(`api/${action}`, { method: "POST", headers });
    } catch {
      this.notice("The dashboard does not answer.");
      return;
    }
    if (answer.status === 401) {
      const wrong = Boolean(token.value);
      token.set("");
      this.pending = action;
      this.askToken(wrong ? "Wrong token." : `The token is required to ${action}.`);
    } else if (!answer.ok) {
      const body = await answer.json().catch(() => ({}));
      this.notice(body.error || `${action}: ${answer.status}`);
    }
  }
}
