"use strict";
// Keeps a list up to date: asks for the same address again (or for the one that `data-from` names) and swaps only the part that changed. Scroll, filters and
// what is being typed stay as they are.
(() => {
  const live = document.querySelector("[data-refresh]");
  if (!live) return;
  const pause = Number(live.dataset.refresh) * 1000;

  async function refresh() {
    // what somebody has chosen in the list is not taken away from under them
    if (document.hidden || live.contains(document.activeElement) || live.querySelector("input:checked")) return;
    try {
      const answer = await fetch(live.dataset.from || location.href, { headers: { "X-Fragment": "1" } });
      if (answer.status === 401) return location.reload();
      if (!answer.ok) return;
      const text = await answer.text();
      if (text !== live.dataset.last) {
        live.dataset.last = text;
        live.innerHTML = text;
      }
      document.documentElement.dataset.refreshed = String(Date.now());
    } catch {
      // no network for the moment: the list stays as it is and the next round tries again
    }
  }

  async function round() {
    const begun = performance.now();
    await refresh();
    // a long list is asked for less often, so that the pages of many people never keep the server busy
    setTimeout(round, Math.max(pause, 10 * (performance.now() - begun)));
  }
  setTimeout(round, pause);
})();
