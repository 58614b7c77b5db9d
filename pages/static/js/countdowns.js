// Countdowns: how long a hold lasts, shown by the second; the server ends the hold itself.
(() => {
  "use strict";

  const LAST_SECONDS = 60;
  const deadlines = new WeakMap();
  const deadlineOf = (element) => {
    const given = element.dataset.secondsLeft;
    let entry = deadlines.get(element);
    if (entry?.given !== given) {
      entry = { given, end: performance.now() + Number(given) * 1000 };
      deadlines.set(element, entry);
    }
    return entry;
  };
  const phaseOf = (left) => (left === 0 ? "over" : left <= LAST_SECONDS ? "last" : "running");

  // An element with data-seconds-left shows m:ss from the moment it appears, and how much is left as --left. What it has to
  // say when the last minute begins, and when it is over, is said to screen readers once.
  const draw = (element) => {
    const entry = deadlineOf(element);
    const left = Math.max(0, Math.ceil((entry.end - performance.now()) / 1000));
    if (entry.shown === left || !element.firstElementChild) return; // it may have come by half
    const before = entry.shown;
    entry.shown = left;
    element.firstElementChild.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    // Where it will be in a second: the motion there takes as long.
    element.style.setProperty("--left", String(Math.max(0, left - 1) / Number(element.dataset.secondsWhole)));
    const phase = phaseOf(left);
    if (element.dataset.phase === phase) return;
    element.dataset.phase = phase;
    const said = document.getElementById("hold-said");
    if (said && before !== undefined && element.dataset[phase]) said.textContent = element.dataset[phase];
  };
  setInterval(() => document.querySelectorAll("[data-seconds-left]").forEach(draw), 250);
})();
