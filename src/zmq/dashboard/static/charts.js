// The charts: BokehJS draws the descriptions of the server, with data from here.

import { bytes, short } from "./numbers.js";

const NAMES = ["messages", "bytes", "peers", "blocked", "dropped"];

// BokehJS shows UTC; the page shows local time.
function localTime(time_ms) {
  return time_ms - new Date(time_ms).getTimezoneOffset() * 60000;
}

export class Charts {
  constructor() {
    this.columns = []; // names of the values of a point
    this.points = []; // arrays in that order, oldest first
    this.drawn = new Map(); // name to {source, range}
    this.window_s = 60;
    this.drawing = 0;
  }

  start(columns, points, tick_s) {
    this.columns = columns;
    this.points = points.map((point) => [localTime(point[0]), ...point.slice(1)]);
    this.maxPoints = Math.ceil(600 / tick_s);
    this.fill();
  }

  add(point) {
    this.points.push([localTime(point[0]), ...point.slice(1)]);
    if (this.points.length > this.maxPoints) this.points.shift();
    // A hidden page is filled when it becomes visible.
    if (!document.hidden) this.fill();
  }

  show(window_s) {
    this.window_s = window_s;
    this.fill();
  }

  // Redraw the visible charts in the colours of a theme.
  async draw(theme) {
    const drawing = ++this.drawing;
    const answer = await fetch(`charts.json?theme=${theme}`);
    if (!answer.ok) throw new Error(`charts: ${answer.status}`);
    const items = await answer.json();
    if (drawing !== this.drawing) return; // the theme was changed again
    this.drawn.clear();
    for (const old of [...Bokeh.documents]) old.clear();
    Bokeh.documents.length = 0;
    for (const name of NAMES) {
      const place = document.getElementById(`chart-${name}`);
      place.replaceChildren();
      if (place.closest("[hidden]")) continue;
      await Bokeh.embed.embed_item(items[name], place);
      if (drawing !== this.drawing) return;
      const made = Bokeh.documents[Bokeh.documents.length - 1];
      const formatter = made.get_model_by_name("ticks");
      // The policy of the page forbids a formatter with code as text.
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
    const last = this.points.length ? this.points[this.points.length - 1][0] : localTime(Date.now());
    const first = last - this.window_s * 1000;
    // One point before the window, so that the line starts at its edge.
    let from = this.points.findIndex((point) => point[0] >= first);
    from = from < 0 ? this.points.length : Math.max(0, from - 1);
    const visible = this.points.slice(from);
    for (const { source, range } of this.drawn.values()) {
      const data = {};
      for (const name of Object.keys(source.data)) {
        const column = this.columns.indexOf(name);
        data[name] = visible.map((point) => point[column] ?? NaN);
      }
      source.data = data;
      range.setv({ start: first, end: last });
    }
  }
}
