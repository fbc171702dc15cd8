// Formatting of numbers and times. Pure functions.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function count(value) {
  return value === null || value === undefined ? "–" : whole.format(value);
}

// A rate below 10 has one decimal.
export function rate(value) {
  if (value === null || value === undefined) return "–";
  return value > 0 && value < 10 ? tenth.format(value) : whole.format(value);
}

export function bytes(value) {
  return scaled(value, ["B", "kB", "MB", "GB", "TB"], 0);
}

// For an axis: without a unit, with one decimal.
export function short(value) {
  return scaled(value, ["", "k", "M", "G", "T"], 1).trim();
}

function scaled(value, units, digits) {
  let unit = 0;
  let left = value;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${(unit || digits ? tenth : whole).format(left)} ${units[unit]}`;
}

export function percent(value) {
  return value === null || value === undefined ? "–" : `${tenth.format(value)} %`;
}

export function seconds(value) {
  if (value < 60) return `${tenth.format(value)} s`;
  return `${whole.format(Math.floor(value / 60))} min ${whole.format(Math.floor(value % 60))} s`;
}

// A duration in its two largest units.
export function age(value) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => value >= size);
  if (first < 0) return "0 s";
  let left = Math.floor(value);
  const words = [];
  for (const [name, size] of units.slice(first, first + 2)) {
    words.push(`${Math.floor(left / size)} ${name}`);
    left %= size;
  }
  return words.join(" ");
}

export function clock(time_s) {
  const time = new Date(time_s * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}
