// The token, for as long as this tab is open. It comes behind the # of the address, which is never
// sent anywhere, and is taken away from there at once, so that it stays out of the history.

const NAME = "ohmq-token";

function stored() {
  try {
    return sessionStorage.getItem(NAME) || "";
  } catch {
    return "";
  }
}

export const token = {
  value: stored(),

  set(value) {
    this.value = value;
    try {
      if (value) sessionStorage.setItem(NAME, value);
      else sessionStorage.removeItem(NAME);
    } catch {
      // Storage is switched off: it is known until the page is loaded again.
    }
  },
};

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  token.set(given);
  history.replaceState(null, "", location.pathname + location.search);
}
