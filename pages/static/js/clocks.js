// Clocks on the wall: what time it is elsewhere, kept going here without asking the server.
(() => {
  "use strict";

  // <time data-clock="Europe/London" data-halves="AM|PM">: without halves the clock goes to 24; no zone is the device's.
  const hourAndMinute = (zone) => {
    const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(zone && { timeZone: zone }) };
    return new Intl.DateTimeFormat("en", options).format(new Date()).split(":");
  };
  const draw = () => {
    for (const clock of document.querySelectorAll("[data-clock]")) {
      const [hour, minute] = hourAndMinute(clock.dataset.clock);
      const [morning, evening] = clock.dataset.halves.split("|");
      const text = evening ? `${hour % 12 || 12}:${minute} ${hour < 12 ? morning : evening}` : `${hour}:${minute}`;
      if (clock.textContent !== text) clock.textContent = text;
    }
    for (const place of document.querySelectorAll("[data-device-zone]:empty"))
      place.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone.split("/").at(-1).replaceAll("_", " ");
  };
  const tick = () => {
    draw();
    setTimeout(tick, 60050 - (Date.now() % 60000));
  };
  tick();
  document.addEventListener("visibilitychange", draw);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node.matches?.("[data-clock]") || node.querySelector?.("[data-clock]")) return draw();
  }).observe(document, { subtree: true, childList: true });
})();
