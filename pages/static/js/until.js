// How long until something begins, in words of the page's language: <time data-until="..." data-ends="..." data-zone="...">.
(() => {
  "use strict";

  const MINUTE = 60e3, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const dayOf = (moment, zone) => {
    const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(moment);
    return Date.parse(`${parts}T00:00Z`) / DAY;
  };
  const words = (element) => {
    const { until, ends, zone, now: underWay, over } = element.dataset;
    const begins = Date.parse(until), now = Date.now(), left = begins - now;
    if (now >= Date.parse(ends)) return over;
    if (left <= 0) return underWay;
    const speak = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto", numberingSystem: "latn" });
    const days = dayOf(begins, zone) - dayOf(now, zone);
    if (left < HOUR) return speak.format(Math.ceil(left / MINUTE), "minute");
    if (days === 0 || left < 6 * HOUR) return speak.format(Math.round(left / HOUR), "hour");
    return days < 14 ? speak.format(days, "day") : speak.format(Math.floor(days / 7), "week");
  };
  const draw = (element) => {
    const text = words(element);
    if (element.textContent !== text) element.textContent = text;
  };
  const drawAll = () => document.querySelectorAll("[data-until]").forEach(draw);
  setInterval(drawAll, 10e3);
  new MutationObserver((mutations) => {
    if (mutations.some(({ addedNodes }) => addedNodes.length)) drawAll();
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
