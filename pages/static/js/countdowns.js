// Countdowns: how long a hold lasts, shown by the second.
(() => {
  "use strict";

  // Countdowns: an element with data-seconds-left shows m:ss from the moment it appears; the server ends the hold itself.
  const deadlines = new WeakMap();
  const drawCountdowns = () => {
    for (const element of document.querySelectorAll("[data-seconds-left]")) {
      const given = element.dataset.secondsLeft;
      let entry = deadlines.get(element);
      if (entry?.given !== given) {
        entry = { given, end: performance.now() + Number(given) * 1000 };
        deadlines.set(element, entry);
      }
      const left = Math.max(0, Math.ceil((entry.end - performance.now()) / 1000));
      const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (!element.firstElementChild || element.firstElementChild.textContent === text) continue;
      element.firstElementChild.textContent = text;
      element.style.setProperty("--left", String(left / Number(element.dataset.secondsWhole || given)));
    }
  };
  setInterval(drawCountdowns, 250);
})();
