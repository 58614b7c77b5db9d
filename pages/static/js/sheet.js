// The pane with the form is a sheet on small screens. Up, it is a dialog and the page behind it rests; down, it is a bar
// with the time that is held, and the calendar can be used.
(() => {
  "use strict";

  const small = matchMedia("(max-width: 940px)");
  const side = () => document.querySelector(".side[data-state]");
  let state = "hint";
  let isDown = false;

  // Everything outside of the pane, up to the page's own box: notes and questions stay within reach.
  const around = (pane) => {
    const found = [];
    for (let at = pane; at && at.id !== "app" && at !== document.body; at = at.parentElement)
      found.push(...[...(at.parentElement?.children || [])].filter((each) => each !== at));
    return found;
  };
  let resting = [];
  const rest = (elements) => {
    for (const element of resting) if (!elements.includes(element)) element.inert = false;
    for (const element of elements) element.inert = true;
    resting = elements;
  };
  const settle = () => {
    const pane = side();
    if (!pane) return;
    const isSheet = small.matches && state !== "hint";
    const isUp = isSheet && !isDown;
    pane.dataset.sheet = isSheet ? (isUp ? "up" : "down") : "none";
    const asDialog = { role: "dialog", "aria-modal": "true" };
    for (const [name, value] of Object.entries(asDialog)) isUp ? pane.setAttribute(name, value) : pane.removeAttribute(name);
    document.documentElement.toggleAttribute("data-modal", isUp);
    rest(isUp ? around(pane) : []);
    const top = pane.querySelector(".top");
    for (const below of pane.children) if (below !== top) below.inert = isSheet && isDown;
    pane.querySelector(".grip")?.setAttribute("aria-expanded", String(isUp));
    if (top) pane.style.setProperty("--peek", `${top.offsetHeight + 22}px`);
  };
  const lower = () => {
    isDown = true;
    settle();
    const mine = document.querySelector('.slot[data-state="mine"]');
    (mine || side()?.querySelector(".grip"))?.focus({ preventScroll: !mine });
  };
  const raise = () => {
    isDown = false;
    settle();
    focusHeading();
  };
  const focusHeading = () => {
    const heading = side()?.querySelector("#pane-heading");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    if (!small.matches) side().scrollIntoView({ block: "nearest" });
  };

  // What is shown in the pane is another thing now. Whoever has just picked a time goes there; when a hold ends by itself
  // only those go whose field or button went away with it.
  window.deskShows = (next) => {
    const pane = side();
    if (!pane) return;
    const active = document.activeElement;
    const wasIn = active === document.body ? wasLastIn : pane.contains(active);
    state = pane.dataset.state = next;
    if (state === "hint" || state === "form") isDown = false;
    settle();
    if (state === "form" || (state !== "hint" && (wasIn || pane.dataset.sheet === "up"))) setTimeout(focusHeading);
  };
  let wasLastIn = false; // whether what had the focus last stood in the pane, wherever it is now
  document.addEventListener("focusin", (event) => (wasLastIn = !!side()?.contains(event.target)));
  new ResizeObserver(settle).observe(document.documentElement);

  small.addEventListener("change", settle);
  document.addEventListener("keydown", (event) => {
    const pane = side();
    if (event.key !== "Escape" || pane?.dataset.sheet !== "up" || document.querySelector(".q-dialog")) return;
    if (state === "form") lower();
    else pane.querySelector(".way-back")?.click();
  });

  // Dragged or tapped down and up by its top; a tap beside the sheet lowers it, too.
  let drag = null;
  const isHandle = (target) => target.closest?.(".grip, .held") && target.closest('.side:not([data-sheet="none"])');
  document.addEventListener("pointerdown", (event) => {
    if (isHandle(event.target) && event.isPrimary) drag = { from: event.clientY, by: 0, at: performance.now() };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || !event.isPrimary) return;
    drag.by = event.clientY - drag.from;
    const pane = side();
    pane.toggleAttribute("data-dragging", Math.abs(drag.by) > 6);
    pane.style.setProperty("--drag", `${isDown ? Math.min(0, drag.by) : Math.max(0, drag.by)}px`);
  });
  const drop = (event) => {
    if (!drag || !event.isPrimary) return;
    const { by, at } = drag;
    const pane = side();
    drag = null;
    pane.removeAttribute("data-dragging");
    pane.style.removeProperty("--drag");
    if (event.type === "pointercancel" || Math.abs(by) <= 6) return;
    const isFlick = Math.abs(by) / (performance.now() - at) > 0.5;
    const isFar = Math.abs(by) > 90 || isFlick;
    if (isFar && by > 0 && !isDown) lower();
    else if (isFar && by < 0 && isDown) raise();
    swallow = true;
    setTimeout(() => (swallow = false));
  };
  let swallow = false; // the click that ends a drag is none
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
  document.addEventListener("click", (event) => {
    const pane = side();
    if (!pane || pane.dataset.sheet === "none" || !pane.dataset.sheet || swallow) return;
    if (event.target.closest(".grip") || (isDown && isHandle(event.target))) return isDown ? raise() : lower();
    if (!isDown && !pane.contains(event.target) && document.getElementById("app")?.contains(event.target)) lower();
  });

  // The keyboard of a phone lies over the page: the sheet stands on it.
  const seen = window.visualViewport;
  const measure = () => {
    const covered = Math.max(0, innerHeight - seen.height - seen.offsetTop);
    const root = document.documentElement;
    root.toggleAttribute("data-keyboard", covered > 120);
    root.style.setProperty("--keyboard", `${covered > 120 ? covered : 0}px`);
    root.style.setProperty("--seen", `${seen.height}px`);
    if (covered > 120) document.activeElement?.scrollIntoView?.({ block: "nearest" });
  };
  seen?.addEventListener("resize", measure);
  seen?.addEventListener("scroll", measure);
})();
