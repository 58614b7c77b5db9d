// Where the keyboard goes on when the page changes under it.
(() => {
  "use strict";

  // A slot that is taken while it has the focus hands the focus to the next one that is open.
  new MutationObserver((changes) => {
    for (const { target } of changes)
      if (target.matches(":is(.slot, .offer)[disabled]") && (document.activeElement === target || target.dataset.hadFocus === "yes")) {
        const kind = target.matches(".offer") ? ".mover .offer" : ".slot";
        const open = [...document.querySelectorAll(`${kind}:not([disabled])`)];
        const next = open.find((slot) => target.compareDocumentPosition(slot) & Node.DOCUMENT_POSITION_FOLLOWING);
        (next || open.at(-1) || document.querySelector("#move-heading, #slots-heading"))?.focus();
      }
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ["disabled"] });
  document.addEventListener("focusin", (event) => {
    document.querySelectorAll("[data-had-focus]").forEach((slot) => delete slot.dataset.hadFocus);
    if (event.target.matches?.(".slot, .offer")) event.target.dataset.hadFocus = "yes";
  });

  // Where the keyboard goes on when the page changes under it. What is to have the focus, or what had it, may come or go
  // a moment later: a closing dialog takes its time, and so does a slot that is given back.
  const patient = (attempt, tries = 50) => attempt() || (tries && setTimeout(patient, 20, attempt, tries - 1));
  const isGone = (element) => !!element && (!element.isConnected || element.disabled);
  let lastFocused = null;
  document.addEventListener("focusin", (event) => (lastFocused = event.target));
  const giveFocus = (selector) => {
    const element = document.querySelector(selector);
    if (!element || element.disabled) return false;
    if (element.tabIndex < 0) element.tabIndex = -1;
    element.focus({ preventScroll: true });
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    (element.closest(".side") || element).scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
    return true;
  };
  window.focusOn = (selector) => void setTimeout(patient, 0, () => giveFocus(selector));
  // Before the page is loaded again: where the focus is to be then.
  const RETURN = "focus-returns-to";
  window.returnFocusTo = (selector) => sessionStorage.setItem(RETURN, selector);
  document.addEventListener("DOMContentLoaded", () => {
    const selector = sessionStorage.getItem(RETURN);
    sessionStorage.removeItem(RETURN);
    if (selector) focusOn(selector);
  });
  // What is drawn anew keeps the focus on the button or the time that had it; whoever has left it is left alone.
  const KEPT = ["data-slot", "data-pick"];
  let kept = null;
  const fragmentOf = (element) => (!element || /^c\d+$/.test(element.id) ? element : fragmentOf(element.parentElement));
  const isAt = (element) => document.activeElement === element;
  document.addEventListener("focusin", ({ target }) => {
    const name = KEPT.find((attribute) => target.hasAttribute?.(attribute));
    const same = name && `[${name}="${CSS.escape(target.getAttribute(name))}"]:not([disabled])`;
    kept = same ? { target, same, home: fragmentOf(target) } : null;
  });
  document.addEventListener("focusout", ({ target }) =>
    setTimeout(() => kept?.target === target && target.isConnected && !isAt(target) && (kept = null)),
  );
  new MutationObserver(() => {
    if (!kept || kept.target.isConnected || !isAt(document.body)) return;
    kept.home?.querySelector(kept.same)?.focus({ preventScroll: true });
  }).observe(document.documentElement, { subtree: true, childList: true });
  window.rescueFocus = (selector) => {
    const isLost = () => isGone(document.activeElement === document.body ? lastFocused : document.activeElement);
    setTimeout(patient, 0, () => isLost() && giveFocus(selector));
  };
})();
