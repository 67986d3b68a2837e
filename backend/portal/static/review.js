"use strict";
// One player for all answers: a click on a word plays from there, the word being said is marked, keys steer.
(() => {
  const player = document.getElementById("player");
  if (!player) return;
  const title = document.getElementById("playing");
  const speed = document.getElementById("speed");
  const lost = document.getElementById("lost");
  const answers = [...document.querySelectorAll(".answer[data-media]")];
  const speeds = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
  let current = null;
  let words = [];
  let marked = null;

  const seconds = (word) => Number(word.dataset.start);

  function load(answer) {
    if (answer === current) return;
    if (current) delete current.dataset.current;
    if (marked) marked.classList.remove("now-said");
    marked = null;
    current = answer;
    answer.dataset.current = "";
    words = [...answer.querySelectorAll(".word")];
    const rate = player.playbackRate;
    player.replaceChildren();
    if (answer.dataset.captions) {
      const track = document.createElement("track");
      Object.assign(track, { kind: "captions", src: answer.dataset.captions, srclang: answer.dataset.lang || "zh", default: true });
      player.append(track);
    }
    player.src = answer.dataset.media;
    player.playbackRate = rate;
    title.textContent = answer.dataset.title;
    lost.hidden = true;
  }

  function playFrom(answer, at) {
    load(answer);
    const go = () => { player.currentTime = at; player.play().catch(() => {}); };
    if (player.readyState >= 1) go(); else player.addEventListener("loadedmetadata", go, { once: true });
  }

  function mark() {
    const now = player.currentTime + 0.02;
    let found = null;
    for (const word of words) {
      if (seconds(word) > now) break;
      found = word;
    }
    if (found && now > Number(found.dataset.end) + 1.5) found = null;
    if (found === marked) return;
    if (marked) marked.classList.remove("now-said");
    if (found) found.classList.add("now-said");
    marked = found;
  }

  function faster(step) {
    const place = speeds.indexOf(player.playbackRate);
    const next = speeds[Math.min(speeds.length - 1, Math.max(0, (place < 0 ? 2 : place) + step))];
    player.playbackRate = next;
  }

  const keys = {
    " ": () => (player.paused ? player.play().catch(() => {}) : player.pause()),
    ArrowLeft: () => { player.currentTime = Math.max(0, player.currentTime - 5); },
    ArrowRight: () => { player.currentTime += 5; },
    ArrowUp: () => faster(1),
    ArrowDown: () => faster(-1),
  };

  document.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.documentElement.dataset.keys === "off" || document.querySelector("dialog[open]")) return;
    // a rating that has the focus keeps its arrows up and down; the rest steers the player
    const rating = event.target.closest("[data-rate] input[type=radio]");
    if (rating ? event.key.startsWith("Arrow") && !/Left|Right/.test(event.key) : event.target.closest("input, select, textarea, button, a, summary")) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }, true);

  for (const answer of answers) {
    answer.addEventListener("click", (event) => {
      const word = event.target.closest(".word");
      if (word) playFrom(answer, seconds(word));
      else if (event.target.closest("[data-play]")) playFrom(answer, 0);
    });
    answer.addEventListener("hear", (event) => playFrom(answer, event.detail));
    answer.addEventListener("show", () => load(answer));
  }
  document.addEventListener("click", (event) => {
    const moment = event.target.closest("[data-moment]");
    const answer = moment && answers.find((one) => one.id === moment.dataset.answer);
    if (answer) playFrom(answer, Number(moment.dataset.moment));
  });
  player.addEventListener("timeupdate", mark);
  player.addEventListener("seeked", mark);
  player.addEventListener("ratechange", () => { speed.textContent = `${player.playbackRate}×`; });
  player.addEventListener("error", () => { if (player.error) lost.hidden = false; });
  if (answers.length) load(answers[0]);
})();
