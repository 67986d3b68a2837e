"use strict";
// The scorecard saves itself, comments stay on the page, and keys rate. Without this script the forms do all of it.
(() => {
  const root = document.documentElement;
  const card = document.getElementById("card");
  const rates = [...document.querySelectorAll("[data-rate]")];
  const answers = [...document.querySelectorAll(".answer")];
  const player = document.getElementById("player");
  const PAUSE = 600;

  // ---- saving ----
  const autosave = card && "autosave" in card.dataset;
  let waiting = 0;
  let saving = null;
  let dirty = false;

  function tell(form, words) {
    const place = form.querySelector("[data-problem]") || form.parentElement.querySelector("[data-problem]");
    if (!place) return;
    place.textContent = words;
    place.hidden = !words;
  }

  async function send(form, more = {}) {
    const data = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(more)) data.set(name, value);
    return fetch(form.action, { method: "POST", body: data, headers: { "X-Script": "1" } });
  }

  async function save() {
    clearTimeout(waiting);
    if (saving) await saving;
    if (!dirty) return true;
    dirty = false;
    saving = keep();
    const kept = await saving;
    saving = null;
    return kept;
  }

  async function keep() {
    try {
      const answer = await send(card, { do: "save" });
      const found = answer.status === 401 ? { problem: card.dataset.ended } : await answer.json();
      tell(card, found.problem || "");
      if (!answer.ok) {
        // what is typed stays on the page; trying again would not help
        card.dataset.stuck = "";
        return false;
      }
      card.elements.revision.value = found.revision;
      document.querySelector("[data-progress]").textContent = found.words;
      document.querySelector("[data-total]").textContent = found.total;
      root.dataset.saved = found.revision;
      return true;
    } catch {
      // no network for the moment: what is typed stays on the page, and is sent until it works
      tell(card, card.dataset.offline);
      dirty = true;
      waiting = setTimeout(save, 5 * PAUSE);
      return false;
    }
  }

  function changed() {
    if (!autosave || "stuck" in card.dataset) return;
    dirty = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, PAUSE);
  }

  if (autosave) {
    for (const field of card.elements) {
      field.addEventListener("change", changed);
      if (field.tagName === "TEXTAREA") field.addEventListener("input", changed);
    }
    card.addEventListener("submit", (event) => {
      // the revision has to be that of the newest draft
      if (!dirty && !saving) return;
      event.preventDefault();
      save().then(() => card.requestSubmit(event.submitter));
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }

  // ---- comments ----
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-remark]");
    if (!form) return;
    event.preventDefault();
    const place = form.closest("[data-remarks]");
    try {
      const answer = await send(form);
      if (answer.status === 401) return tell(form, card ? card.dataset.ended : "");
      if (!answer.ok) return tell(form, (await answer.json()).problem);
      place.innerHTML = await answer.text();
      if ("new" in form.dataset) place.querySelector("[data-new] [name=text]").focus();
      root.dataset.remarked = String(Number(root.dataset.remarked || 0) + 1);
    } catch {
      form.submit();
    }
  });

  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-at]");
    if (at) at.closest(".answer").dispatchEvent(new CustomEvent("hear", { detail: Number(at.dataset.at) }));
  });

  function remark() {
    const answer = here();
    const form = answer && answer.querySelector("[data-new]");
    if (!form) return;
    if (player && answer.hasAttribute("data-current")) {
      const now = Math.floor(player.currentTime);
      form.elements.at.value = `${Math.floor(now / 60)}:${String(now % 60).padStart(2, "0")}`;
    }
    form.elements.text.focus();
  }

  // ---- keys ----
  let marked = -1;

  function mark(place) {
    if (place < 0 || place >= rates.length) return;
    if (marked >= 0) delete rates[marked].dataset.marked;
    marked = place;
    rates[marked].dataset.marked = "";
    rates[marked].scrollIntoView({ block: "nearest" });
    const chosen = rates[marked].querySelector("input:checked") || rates[marked].querySelector("input");
    chosen.focus({ preventScroll: true });
    show(rates[marked].closest(".answer"));
  }

  function show(answer) {
    if (answer) answer.dispatchEvent(new CustomEvent("show"));
  }

  function here() {
    return (marked >= 0 && rates[marked].closest(".answer")) || document.querySelector(".answer[data-current]") || answers[0];
  }

  function rate(level) {
    if (!rates.length) return;
    if (marked < 0) mark(Math.max(0, rates.findIndex((found) => !found.querySelector("input:checked"))));
    const field = rates[marked].querySelector(level ? `input[value="${level}"]` : "input:checked");
    if (!field) return;
    field.checked = level > 0;
    field.dispatchEvent(new Event("change"));
    if (level) mark(marked + 1 < rates.length ? marked + 1 : marked);
  }

  function question(step) {
    const next = answers[answers.indexOf(here()) + step];
    if (!next) return;
    const first = rates.findIndex((found) => next.contains(found));
    if (first >= 0) mark(first);
    else if (marked >= 0) { delete rates[marked].dataset.marked; marked = -1; }
    next.scrollIntoView({ block: "start" });
    show(next);
  }

  async function go() {
    const next = document.getElementById("next");
    if (!next) return;
    if (autosave) await save();
    next.click();
  }

  function comment() {
    const field = marked >= 0 && rates[marked].querySelector("textarea");
    if (field) field.focus();
  }

  const keys = {
    n: () => question(1),
    p: () => question(-1),
    j: () => mark(marked + 1),
    k: () => mark(marked - 1),
    w: comment,
    c: remark,
    s: () => { dirty = Boolean(autosave); return save(); },
    N: go,
    "?": () => document.getElementById("keys").showModal(),
  };
  for (let level = 0; level <= 5; level += 1) keys[level] = () => rate(level);

  const typing = (place) => place.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    const action = keys[event.key];
    if (!action || root.dataset.keys === "off" || typing(event.target)) return;
    event.preventDefault();
    action();
  });

  for (const [place, found] of rates.entries()) {
    found.addEventListener("focusin", () => {
      if (marked >= 0) delete rates[marked].dataset.marked;
      marked = place;
      found.dataset.marked = "";
    });
  }

  const sheet = document.getElementById("keys");
  const open = document.getElementById("keys-open");
  const on = document.getElementById("keys-on");
  open.hidden = false;
  open.addEventListener("click", () => sheet.showModal());
  const off = localStorage.getItem("xuda-keys") === "off";
  on.checked = !off;
  root.dataset.keys = off ? "off" : "on";
  on.addEventListener("change", () => {
    root.dataset.keys = on.checked ? "on" : "off";
    localStorage.setItem("xuda-keys", root.dataset.keys);
  });
})();
