// The buttons that change something, and the token that they need.

import { token } from "./token.js";

const $ = (id) => document.getElementById(id);
const ACTIONS = ["pause", "resume", "stop"];
const SURE_MS = 4000;

export class Steer {
  // unlocked: called when a token was given for reading.
  constructor(notice, unlocked) {
    this.notice = notice;
    this.unlocked = unlocked;
    this.actions = [];
    this.wanted = null;
    for (const action of ACTIONS) $(action).onclick = () => this.press(action);
    $("key").onclick = () => this.ask("");
    $("nokey").onclick = () => this.ask(null);
    $("lock").onsubmit = (event) => {
      event.preventDefault();
      token.set($("token").value.trim());
      $("token").value = "";
      const reading = this.reading;
      this.ask(null);
      if (reading) this.unlocked();
      else if (this.wanted) this.act(this.wanted);
    };
  }

  // Ask for the token, with the reason; null closes the question.
  ask(why, reading = false) {
    this.reading = reading;
    $("lock").hidden = why === null;
    $("nokey").hidden = reading;
    if (why === null) return;
    $("lockwhy").textContent = why || "It allows to pause, resume and stop, from this tab.";
    $("token").focus();
  }

  offer(actions) {
    this.actions = actions;
  }

  show(state) {
    const can = (action) => this.actions.includes(action);
    $("pause").hidden = !can("pause") || state === "paused";
    $("resume").hidden = !can("resume") || state !== "paused";
    $("stop").hidden = !can("stop");
    $("key").hidden = !this.actions.length || Boolean(token.value);
    const over = ["stopped", "failed", "new"].includes(state);
    for (const action of ACTIONS) $(action).disabled = over;
  }

  press(action) {
    // What cannot be undone is asked for twice.
    if (action === "stop" && !$("stop").classList.contains("sure")) {
      $("stop").classList.add("sure");
      $("stop").textContent = "Really stop?";
      setTimeout(() => this.calm(), SURE_MS);
      return;
    }
    this.calm();
    this.act(action);
  }

  calm() {
    $("stop").classList.remove("sure");
    $("stop").textContent = "Stop";
  }

  async act(action) {
    this.wanted = null;
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
      this.wanted = action;
      this.ask(wrong ? "That was not the token." : `To ${action} needs the token.`);
    } else if (!answer.ok) {
      const said = await answer.json().catch(() => ({}));
      this.notice(said.error || `${action}: ${answer.status}`);
    }
  }
}
