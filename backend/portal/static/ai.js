"use strict";
// Words that a score or a second opinion quotes: shown in the transcript, and played where the recordings are open.
(() => {
  const MARK = "quoted";

  function mark(answer, from, until) {
    for (const word of document.querySelectorAll(`.word.${MARK}`)) word.classList.remove(MARK);
    const words = [...answer.querySelectorAll(".word")].filter((word) => Number(word.dataset.start) >= from - 0.001 && Number(word.dataset.end) <= until + 0.001);
    for (const word of words) word.classList.add(MARK);
    if (words.length) words[0].scrollIntoView({ block: "center", behavior: "auto" });
  }

  document.addEventListener("click", (event) => {
    const quote = event.target.closest("[data-quote]");
    if (!quote) return;
    const answer = quote.dataset.in ? document.getElementById(quote.dataset.in) : quote.closest(".answer");
    mark(answer, Number(quote.dataset.quote), Number(quote.dataset.until));
    if (answer.dataset.media) answer.dispatchEvent(new CustomEvent("hear", { detail: Number(quote.dataset.quote) }));
  });

  // a link to the score of an answer opens it
  function open() {
    const place = location.hash.startsWith("#ai-") && document.getElementById(location.hash.slice(1));
    if (place) place.open = true;
  }
  window.addEventListener("hashchange", open);
  open();
})();
