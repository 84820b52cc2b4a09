// The review with fewer steps: forms are sent without leaving the page, keys do what buttons do, a quotation and its
// words light up together. Everything here is also possible without it.
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const main = $("main.review");
const state = $("#save-state");
document.documentElement.classList.add("scripted");

// ---- Saving. One change at a time, in order; a lost connection is tried again, a change from another tab is not.
const waiting = [];
let isSending = false;
const say = (kind, text) => {
  state.className = `save-state ${kind}`;
  state.textContent = text ?? state.dataset[kind];
};
const pause = (ms) => new Promise((done) => {
  setTimeout(done, ms);
  addEventListener("online", done, { once: true });
});
const version = () => $('input[name="version"]')?.value;
const renew = (tag) => {
  const plain = tag.replaceAll('"', "");
  all('input[name="version"]').forEach((input) => (input.value = plain));
};
const replace = (text) => {
  const made = new DOMParser().parseFromString(text, "text/html");
  for (const fresh of all("[id]", made)) {
    if (!/^(progress|q\d+|u\d+)$/.test(fresh.id)) continue;
    document.getElementById(fresh.id)?.replaceWith(document.importNode(fresh, true));
  }
};
const send = async ({ action, body, after }) => {
  for (let attempt = 0; ; attempt += 1) {
    say("saving");
    body.set("version", version());
    let answer;
    try {
      answer = await fetch(action, { method: "POST", body: new URLSearchParams(body), headers: { "x-part": "1" }, redirect: "manual" });
    } catch {
      answer = undefined;
    }
    if (!answer || answer.status >= 500) {
      say("failed");
      await pause(Math.min(1000 * 2 ** attempt, 15000));
      continue;
    }
    if (answer.status === 412 || answer.status === 409) {
      say("changed");
      const again = document.createElement("a");
      again.href = location.href;
      again.textContent = state.dataset.reload;
      again.addEventListener("click", (event) => {
        event.preventDefault();
        location.reload();
      });
      state.append(" ", again);
      waiting.length = 0;
      return;
    }
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      say("failed", problem.detail ?? answer.statusText);
      return;
    }
    replace(await answer.text());
    renew(answer.headers.get("etag") ?? "");
    say("saved");
    after?.();
    return;
  }
};
const run = async () => {
  if (isSending) return;
  isSending = true;
  while (waiting.length) await send(waiting.shift());
  isSending = false;
};
addEventListener("beforeunload", (event) => {
  if (isSending || waiting.length) event.preventDefault();
});

// ---- The current question.
let current = null;
let lastDecided = null;
const cards = () => all(".decide-card");
const number = () => current?.dataset.number;
const show = (target, block) => target?.scrollIntoView({ block, behavior: "instant" });
const turnTo = (card, { focus = true } = {}) => {
  if (!card) return;
  cards().forEach((one) => one.classList.toggle("current", one === card));
  current = card;
  if (!focus) return;
  card.focus({ preventScroll: true });
  show(card, "start");
  placeOf(card);
};
// The transcript follows to where the question is answered, where both are side by side.
const placeOf = (card) => {
  const first = $(".when a[href^='#u']:last-of-type", card);
  if (first && !narrow()) inTranscript(document.getElementById(first.hash.slice(1)));
};
const narrow = () => getComputedStyle($("#scorecard")).overflowY !== "auto";
const step = (by) => {
  const list = cards();
  const at = list.findIndex((card) => card.dataset.number === number());
  turnTo(list[Math.max(0, Math.min(list.length - 1, at + by))]);
};
const onward = (from) => () => {
  const list = cards();
  const at = list.findIndex((card) => card.dataset.number === from);
  const next = [...list.slice(at + 1), ...list.slice(0, at)].find((card) => !card.classList.contains("is-decided"));
  if (next) turnTo(next);
  else $("#submit-button")?.focus();
};
const stay = (from) => () => turnTo($(`#q${from}`), { focus: true });

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.closest(".decide-card") || form.hasAttribute("data-whole")) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const from = form.closest(".decide-card").dataset.number;
  const isDecision = form.matches(".confirm, .score-form");
  if (isDecision) lastDecided = from;
  const isFirst = isDecision && !form.closest(".decide-card").querySelector(".suggestion, .abstained");
  waiting.push({ action: form.action, body, after: isDecision && !isFirst ? onward(from) : stay(from) });
  run();
});

// ---- Quotations and their words.
const idOf = (link) => decodeURIComponent(link.hash.slice(1));
const marks = (id) => all(`mark[data-e~="${CSS.escape(id)}"]`);
const inTranscript = (target) => {
  if (!target) return;
  show(target, "center");
  // Rows out of sight have guessed heights until they are laid out: go again once they are.
  requestAnimationFrame(() => requestAnimationFrame(() => show(target, "center")));
};
const light = (id) => {
  all("mark.lit").forEach((mark) => mark.classList.remove("lit"));
  all(".quote[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
  marks(id).forEach((mark) => mark.classList.add("lit"));
  all(`a.quote[href="#${CSS.escape(id)}"]`).forEach((link) => link.setAttribute("aria-current", "true"));
  inTranscript(document.getElementById(id));
};
document.addEventListener("click", (event) => {
  const quote = event.target.closest("a.quote");
  if (quote) {
    event.preventDefault();
    history.replaceState(null, "", quote.hash);
    turnTo(quote.closest(".decide-card"), { focus: false });
    light(idOf(quote));
    return;
  }
  const place = event.target.closest(".when a, .chips a, .parts a, a.ref");
  if (place) {
    const target = document.getElementById(idOf(place));
    if (!target) return;
    event.preventDefault();
    history.replaceState(null, "", place.hash);
    if (target.matches(".decide-card")) turnTo(target);
    else if (target.closest(".transcript")) inTranscript(target);
    else {
      turnTo(target.closest(".decide-card"), { focus: false });
      show(target, "center");
    }
    return;
  }
  const mark = event.target.closest("mark[data-criteria]");
  if (mark && getSelection().isCollapsed) {
    const row = document.getElementById(mark.dataset.criteria.split(" ")[0]);
    turnTo(row?.closest(".decide-card"), { focus: false });
    show(row, "center");
    light(mark.dataset.e.split(" ")[0]);
    return;
  }
  const card = event.target.closest(".decide-card");
  if (card) turnTo(card, { focus: false });
});
const heat = (event, on) => {
  const link = event.target.closest?.("a.quote");
  const mark = event.target.closest?.("mark[data-e]");
  const ids = link ? [idOf(link)] : mark ? mark.dataset.e.split(" ") : [];
  for (const id of ids) {
    marks(id).forEach((piece) => piece.classList.toggle("hot", on));
    all(`a.quote[href="#${CSS.escape(id)}"]`).forEach((quote) => {
      quote.classList.toggle("hot", on && Boolean(mark));
      quote.closest(".row")?.classList.toggle("hot", on && Boolean(mark));
    });
  }
};
for (const [type, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(type, (event) => heat(event, on));
}

// ---- Answers like this one, when they are asked for.
document.addEventListener("toggle", async (event) => {
  const link = event.target.matches?.(".precedent-part[open]") && $(".precedents > p > a", event.target);
  if (!link) return;
  const answer = await fetch(link.href, { headers: { "x-part": "1" } }).catch(() => null);
  if (!answer?.ok) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  $(".precedents", event.target).replaceChildren(...[...made.body.childNodes].map((node) => document.importNode(node, true)));
}, true);

// ---- Own evidence: where selected words stand in their utterance, counted in characters as the service counts them.
const markButton = $("#mark-button");
const length = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return [...node.data].length;
  if (node.classList?.contains("unseen")) return 1;
  return [...node.childNodes].reduce((sum, child) => sum + length(child), 0);
};
const offset = (text, container, at) => {
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(container, at);
  return length(before.cloneContents());
};
const selected = () => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const from = (range.startContainer.parentElement ?? range.startContainer).closest?.(".u .text");
  const to = (range.endContainer.parentElement ?? range.endContainer).closest?.(".u .text");
  if (!from || from !== to) return null;
  const utterance = from.closest(".u").id.slice(1);
  return { utterance, start: offset(from, range.startContainer, range.startOffset), end: offset(from, range.endContainer, range.endOffset), words: selection.toString(), box: range.getBoundingClientRect() };
};
document.addEventListener("selectionchange", () => {
  const found = selected();
  markButton.hidden = !found || !current || !$(".evidence-form", current);
  if (markButton.hidden) return;
  $("b", markButton).textContent = number();
  markButton.style.top = `${Math.max(8, found.box.top + scrollY - 48)}px`;
  markButton.style.left = `${Math.max(8, found.box.left)}px`;
});
const takeWords = () => {
  const form = current && $(".evidence-form", current);
  if (!form) return;
  const found = selected();
  form.closest("details").open = true;
  if (found) {
    form.elements.utterance.value = found.utterance;
    form.elements.words.value = found.words;
    form.elements.from.value = found.start;
    form.elements.to.value = found.end;
  }
  show(form, "center");
  (form.elements.criterion ?? form.elements.words).focus();
};
markButton.addEventListener("pointerdown", (event) => event.preventDefault());
markButton.addEventListener("click", takeWords);
// Words that were typed are looked for; places of an earlier selection no longer hold.
document.addEventListener("input", (event) => {
  const form = event.target.closest(".evidence-form");
  if (form && ["words", "utterance"].includes(event.target.name)) form.elements.from.value = form.elements.to.value = "";
});

// ---- Another place for an answer: its edges are dragged or moved by keys; only this question is scored again.
const moveBar = $("#move-bar");
let moving = null;
const rows = () => all(".transcript .u");
const paint = () => {
  rows().forEach((row, n) => {
    row.classList.toggle("in-span", n >= moving.from && n <= moving.to);
  });
  const [from, to] = [rows()[moving.from], rows()[moving.to]];
  if (from.previousElementSibling !== moving.first.row) from.before(moving.first.row);
  if (to.nextElementSibling !== moving.last.row) to.after(moving.last.row);
  for (const [{ knob }, row, at] of [[moving.first, from, moving.from], [moving.last, to, moving.to]]) {
    knob.setAttribute("aria-valuenow", at);
    knob.setAttribute("aria-valuetext", $(".text", row).textContent.slice(0, 80));
  }
};
const endMove = () => {
  if (!moving) return;
  moving.first.row.remove();
  moving.last.row.remove();
  rows().forEach((row) => row.classList.remove("in-span"));
  moveBar.hidden = true;
  const { card } = moving;
  moving = null;
  card.focus({ preventScroll: true });
};
const handle = (edge, label) => {
  const row = document.createElement("li");
  const knob = document.createElement("button");
  row.className = `handle ${edge}`;
  row.append(knob);
  knob.type = "button";
  knob.textContent = label;
  for (const [name, value] of [["role", "slider"], ["aria-orientation", "vertical"], ["aria-label", label], ["aria-valuemin", 0], ["aria-valuemax", rows().length - 1]]) knob.setAttribute(name, value);
  // The list catches the movements: the handle itself is put elsewhere while it is dragged.
  const follow = (event) => {
    const middle = $("#transcript .said").getBoundingClientRect();
    const over = document.elementsFromPoint(middle.left + middle.width / 2, event.clientY).map((one) => one.closest(".u")).find(Boolean);
    if (over) moveTo(edge, rows().indexOf(over));
  };
  knob.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    knob.focus({ preventScroll: true });
    document.addEventListener("pointermove", follow);
    document.addEventListener("pointerup", () => document.removeEventListener("pointermove", follow), { once: true });
  });
  return { row, knob };
};
const moveTo = (edge, place) => {
  const at = Math.max(0, Math.min(rows().length - 1, place));
  if (edge === "first") moving.from = Math.min(at, moving.to);
  else moving.to = Math.max(at, moving.from);
  paint();
};
const beginMove = (card) => {
  endMove();
  const form = $(".move-part form", card);
  const number = (name) => Number(form.elements[name].value || 0);
  const from = form.elements.from.value ? number("from") : number("asked");
  const to = form.elements.to.value ? Math.max(number("to"), from) : from;
  moving = { card, form, from, to, first: handle("first", moveBar.dataset.first), last: handle("last", moveBar.dataset.last) };
  moveBar.hidden = false;
  paint();
  show(moving.first.row, "center");
  moving.first.knob.focus({ preventScroll: true });
};
const moveByKey = (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 }[event.key];
  const edge = event.shiftKey || document.activeElement === moving.last.knob ? "last" : "first";
  if (by) {
    event.preventDefault();
    moveTo(edge, (edge === "first" ? moving.from : moving.to) + by);
    moving[edge].knob.focus({ preventScroll: true });
    show(moving[edge].row, "center");
  } else if (event.key === "Escape") endMove();
  else if (event.key === "Enter" && !event.target.closest("#move-bar")) {
    event.preventDefault();
    scoreMoved();
  }
};
const scoreMoved = async () => {
  const { card, form, from, to } = moving;
  const place = card.dataset.number;
  form.elements.from.value = from;
  form.elements.to.value = to;
  const body = new URLSearchParams(new FormData(form));
  endMove();
  card.classList.add("is-waiting");
  card.setAttribute("aria-busy", "true");
  say("saving", state.dataset.going);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "x-part": "1" } }).catch(() => null);
  const events = answer?.ok ? answer.headers.get("x-events") : null;
  if (!events) {
    card.classList.remove("is-waiting");
    card.removeAttribute("aria-busy");
    const problem = await answer?.json().catch(() => null);
    say("failed", problem?.detail ?? state.dataset.unmoved);
    return;
  }
  const source = new EventSource(events);
  source.addEventListener("end", async () => {
    source.close();
    const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    for (const fresh of all("#progress, .decide-card, .transcript .u", page)) {
      const known = document.getElementById(fresh.id);
      if (known && (fresh.id === `q${place}` || known.outerHTML !== fresh.outerHTML)) known.replaceWith(document.importNode(fresh, true));
    }
    say("saved");
    turnTo($(`#q${place}`));
  });
};
$("#move-do").addEventListener("click", scoreMoved);
$("#move-leave").addEventListener("click", endMove);
document.addEventListener("click", (event) => {
  const button = event.target.closest(".choose-place");
  if (button) beginMove(button.closest(".decide-card"));
});

// ---- Keys.
const choose = (value) => {
  const form = current && $(".score-form", current);
  const radio = form && $(`input[name="score"][value="${value}"]`, form);
  if (!radio) return;
  form.closest("details").open = true;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
};
// A score that needs no reason is saved at once; another one asks for its reason.
document.addEventListener("change", (event) => {
  const form = event.target.closest(".score-form");
  if (!form || event.target.name !== "score") return;
  const reason = form.elements.reason;
  if (!reason || event.target.value === form.dataset.suggested) form.requestSubmit();
  else reason.focus();
});
let quoteAt = -1;
const nextQuote = () => {
  const quotes = current ? all("a.quote", current) : [];
  if (!quotes.length) return;
  quoteAt = (quotes.indexOf($("a.quote[aria-current]", current)) + 1) % quotes.length;
  quotes[quoteAt].focus({ preventScroll: true });
  quotes[quoteAt].click();
};
const help = $("#help");
// Takes back the decision of this question, or the last one that was made here.
const takeBack = () => {
  const form = (current && $(".undo", current)) ?? (lastDecided && $(`#q${lastDecided} .undo`));
  form?.requestSubmit();
};
const keys = {
  j: () => step(1),
  k: () => step(-1),
  c: () => current && $(".confirm button", current)?.click(),
  u: takeBack,
  q: nextQuote,
  g: () => current && $(".choose-place", current) && beginMove(current),
  e: takeWords,
  m: () => {
    const form = current && $(".comment-form", current);
    if (!form) return;
    form.closest("details").open = true;
    form.elements.text.focus();
  },
  s: () => {
    $("#submit-button")?.focus();
    show($("#end"), "center");
  },
  "?": () => help.showModal(),
  0: () => choose("none"),
};
for (let score = 1; score <= 9; score += 1) keys[score] = () => choose(String(score));
$("#help-button").addEventListener("click", keys["?"]);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (moving) {
    moveByKey(event);
    return;
  }
  const field = event.target.closest("input:not([type=radio]), textarea, select");
  if (field) {
    if (event.key === "Enter" && field.matches(".score-form select")) {
      event.preventDefault();
      field.form.requestSubmit();
    }
    if (event.key === "Escape") current?.focus({ preventScroll: true });
    return;
  }
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// ---- Where to begin: what the address names, or the first question without a decision.
const begin = () => {
  const id = decodeURIComponent(location.hash.slice(1));
  const named = id ? document.getElementById(id) : null;
  if (named?.matches(".decide-card")) turnTo(named);
  else if (named && marks(id).length) light(id);
  else {
    const open = cards().find((card) => !card.classList.contains("is-decided")) ?? cards()[0];
    turnTo(open, { focus: false });
    if (open && !narrow()) {
      show(open, "start");
      placeOf(open);
    }
  }
};
const measure = () => {
  $("#scorecard").style.scrollPaddingTop = `${$("#scorecard .bar").offsetHeight}px`;
};
addEventListener("resize", measure);
measure();
begin();
