"use strict";
// Runs before the first paint, so that a dark page does not flash white.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem("ohmq-theme");
  } catch {
    // Storage is disabled: the system decides.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = stored || (dark ? "dark" : "light");
})();
