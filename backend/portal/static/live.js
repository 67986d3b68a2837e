"use strict";
// Keeps a page up to date by server-sent events: pieces that have changed are swapped, the rest stays. The page says
// whether it is live; when the line is lost it says so, and since when, and goes on trying.
(() => {
  const sign = document.getElementById("live");
  if (!sign) return;
  const words = document.getElementById("live-words");
  const at = document.getElementById("live-at");
  // the server beats every few seconds; longer for pages that take it long
  const PATIENCE = 15000;
  const AGAIN = 3000;
  let source = null;
  let shown = at.dataset.time;
  let heard = 0;
  let timer = 0;

  function say(state) {
    if (sign.dataset.state === state) return;
    sign.dataset.state = state;
    words.textContent = sign.dataset[state].replace("{time}", shown);
    at.hidden = state !== "live";
  }

  function beat(event) {
    shown = JSON.parse(event.data).at;
    heard = performance.now();
    at.textContent = sign.dataset.at.replace("{time}", shown);
    say("live");
  }

  // whoever moves through the page by keyboard stays where they are
  function swapped(change) {
    const focus = document.activeElement;
    const address = focus && focus.getAttribute ? focus.getAttribute("href") : null;
    const home = focus ? focus.closest("[id]") : null;
    change();
    if (!address || document.contains(focus) || !home) return;
    const place = document.getElementById(home.id);
    const same = place && [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === address);
    if (same) same.focus({ preventScroll: true });
  }

  function piece(event) {
    const { id, html } = JSON.parse(event.data);
    const found = document.getElementById(id);
    if (found) swapped(() => { found.innerHTML = html; });
  }

  function row(event) {
    const { id, html } = JSON.parse(event.data);
    const found = document.getElementById(id);
    if (!found) return;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    swapped(() => found.replaceWith(holder.content));
  }

  function bye(event) {
    const { why } = JSON.parse(event.data);
    stop();
    if (why === "again") return open();
    say(why);
  }

  function stop() {
    if (source) source.close();
    source = null;
    clearTimeout(timer);
  }

  // A browser does not try again by itself after an answer that is no stream; nor does it notice a line that is dead.
  async function check() {
    timer = setTimeout(check, AGAIN);
    const silent = performance.now() - heard > PATIENCE;
    if (source && source.readyState === EventSource.OPEN && !silent) return;
    if (silent || (source && source.readyState === EventSource.CLOSED)) say("lost");
    if (source && source.readyState === EventSource.CONNECTING && !silent) return;
    const why = await refusal();
    if (why) {
      stop();
      say(why);
    } else if (silent || !source || source.readyState === EventSource.CLOSED) {
      stop();
      open();
    }
  }

  async function refusal() {
    const end = new AbortController();
    try {
      const headers = { Accept: "text/event-stream", "X-Fragment": "1" };
      const answer = await fetch(sign.dataset.stream, { headers, signal: end.signal, cache: "no-store" });
      end.abort();
      if (answer.status === 401) return "login";
      return answer.status === 403 ? "rights" : "";
    } catch {
      return "";
    }
  }

  function open() {
    heard = performance.now();
    source = new EventSource(sign.dataset.stream);
    source.addEventListener("beat", beat);
    source.addEventListener("piece", piece);
    source.addEventListener("row", row);
    source.addEventListener("bye", bye);
    source.onerror = () => say("lost");
    timer = setTimeout(check, AGAIN);
  }

  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
})();
