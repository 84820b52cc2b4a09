// The part of an address after # never reaches the server: the set-up secret travels in it, and what `earmark demo` prints.
const part = decodeURIComponent(location.hash.slice(1));
const secret = document.querySelector("#setup #secret");
if (secret && part && !secret.value) {
  secret.value = part;
  history.replaceState(null, "", location.pathname);
  document.getElementById("name").focus();
}
// A link signs in by itself on this machine only: elsewhere somebody could sign you in as somebody else.
const form = document.getElementById("signin");
const here = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
if (form && here && part.includes(":")) {
  const at = part.indexOf(":");
  form.elements.email.value = part.slice(0, at);
  form.elements.password.value = part.slice(at + 1);
  history.replaceState(null, "", location.pathname + location.search);
  form.requestSubmit();
}
