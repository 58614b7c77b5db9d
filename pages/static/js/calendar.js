// The calendar under the hand: arrow keys between days and between times, and a chosen day that keeps its times on screen.
(() => {
  "use strict";

  const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  // Left and right as they are read; up and down to the button above or below.
  const beside = (from, all, key) => {
    const at = all.indexOf(from);
    const onward = (key === "ArrowRight") === (document.documentElement.dir !== "rtl");
    if (key === "Home") return all[0];
    if (key === "End") return all.at(-1);
    if (key === "ArrowLeft" || key === "ArrowRight") return all[at + (onward ? 1 : -1)];
    const { left, top } = from.getBoundingClientRect();
    const there = all
      .map((each) => ({ each, box: each.getBoundingClientRect() }))
      .filter(({ box }) => (key === "ArrowDown" ? box.top > top + 8 : box.top < top - 8));
    const distance = ({ box }) => Math.abs(box.top - top) * 4 + Math.abs(box.left - left);
    return there.sort((one, other) => distance(one) - distance(other))[0]?.each;
  };
  // Of a choice of one, the arrows choose: on to the next one, and from the last to the first.
  const around = (from, all, key) => {
    if (key === "Home" || key === "End") return beside(from, all, key);
    const isOnward = key === "ArrowDown" || (key === "ArrowRight") === (document.documentElement.dir !== "rtl");
    const step = key === "ArrowUp" || !isOnward ? -1 : 1;
    return all.at((all.indexOf(from) + step) % all.length);
  };
  document.addEventListener("keydown", (event) => {
    if (!/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    const kind = [".days .day", ".calendar-slots .slot", ".session-type"].find((each) => event.target.matches?.(each));
    if (!kind) return;
    const all = [...document.querySelectorAll(`${kind}:not([disabled])`)];
    const next = kind === ".session-type" ? around(event.target, all, event.key) : beside(event.target, all, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    if (kind === ".session-type") next.click();
  });

  // Where the times of a chosen day would be below the edge of the screen, the days move up to the header.
  document.addEventListener("click", (event) => {
    const day = event.target.closest?.(".day");
    const slots = day && document.querySelector(".calendar-slots");
    if (!slots || slots.getBoundingClientRect().top < innerHeight - 150) return;
    day.parentElement.scrollIntoView({ block: "start", behavior: isCalm() ? "auto" : "smooth" });
  });

  // The clock is changed by loading the page again; whoever did it goes on where they were.
  document.addEventListener(
    "click",
    ({ target }) => {
      const button = target.closest?.(".switch [data-choose]");
      if (button) returnFocusTo(`.switch [data-choose="${button.dataset.choose}"]`);
    },
    true,
  );
})();
