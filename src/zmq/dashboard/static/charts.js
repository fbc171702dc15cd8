// The charts: drawn by BokehJS from what the server describes, fed from here.

import { bytes, short } from "./numbers.js";

const NAMES = ["messages", "bytes", "peers", "blocked", "dropped"];

// BokehJS shows UTC; what people want is the time on their wall.
function wall(time_ms) {
  return time_ms - new Date(time_ms).getTimezoneOffset() * 60000;
}

export class Charts {
  constructor() {
    this.columns = []; // names, as the server has them
    this.points = []; // arrays in that order, oldest first
    this.drawn = new Map(); // name to {source, range}
    this.window_s = 60;
    this.turn = 0;
  }

  start(columns, points, tick_s) {
    this.columns = columns;
    this.points = points.map((point) => [wall(point[0]), ...point.slice(1)]);
    this.most = Math.ceil(600 / tick_s);
    this.fill();
  }

  add(point) {
    this.points.push([wall(point[0]), ...point.slice(1)]);
    if (this.points.length > this.most) this.points.shift();
    // Nobody sees a hidden page; it is filled when it is shown again.
    if (!document.hidden) this.fill();
  }

  show(window_s) {
    this.window_s = window_s;
    this.fill();
  }

  // Draw anew, in the colours of a theme, those charts that have a place in the page.
  async draw(theme) {
    const turn = ++this.turn;
    const answer = await fetch(`charts.json?theme=${theme}`);
    if (!answer.ok) throw new Error(`charts: ${answer.status}`);
    const items = await answer.json();
    if (turn !== this.turn) return; // the theme was changed once more meanwhile
    this.drawn.clear();
    for (const old of [...Bokeh.documents]) old.clear();
    Bokeh.documents.length = 0;
    for (const name of NAMES) {
      const place = document.getElementById(`chart-${name}`);
      place.replaceChildren();
      if (place.closest("[hidden]")) continue;
      await Bokeh.embed.embed_item(items[name], place);
      if (turn !== this.turn) return;
      const made = Bokeh.documents[Bokeh.documents.length - 1];
      const formatter = made.get_model_by_name("ticks");
      // One that takes its code as text is against the policy of the page.
      if (formatter) formatter.doFormat = (ticks) => ticks.map(name === "bytes" ? bytes : short);
      this.drawn.set(name, {
        formatter,
        source: made.get_model_by_name("points"),
        range: made.get_model_by_name("window"),
      });
    }
    this.fill();
  }

  fill() {
    if (!this.drawn.size) return;
    const last = this.points.length ? this.points[this.points.length - 1][0] : wall(Date.now());
    const first = last - this.window_s * 1000;
    // One point more than is in sight, so that the curve does not begin in the middle.
    let from = this.points.findIndex((point) => point[0] >= first);
    from = from < 0 ? this.points.length : Math.max(0, from - 1);
    const seen = this.points.slice(from);
    for (const { source, range } of this.drawn.values()) {
      const data = {};
      for (const name of Object.keys(source.data)) {
        const column = this.columns.indexOf(name);
        data[name] = seen.map((point) => point[column] ?? NaN);
      }
      source.data = data;
      range.setv({ start: first, end: last });
    }
  }
}
