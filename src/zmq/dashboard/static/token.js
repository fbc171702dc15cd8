// The token, stored while this tab is open. It comes in the fragment of the URL, which a browser does
// not send, and is removed from there at once, so that it is not in the history.

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
      // Storage is disabled: the token lasts until the page is reloaded.
    }
  },
};

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  token.set(given);
  history.replaceState(null, "", location.pathname + location.search);
}
