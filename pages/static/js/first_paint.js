// The server has drawn the page; the scripts take it over when they have come. What was typed, clicked, opened and focused
// before that is kept.
(() => {
  "use strict";

  // Where an element is: what replaces it is found at the same place under the nearest element with an id.
  const place = (element) => {
    const steps = [];
    let at = element;
    while (at && !at.id) {
      steps.unshift(Array.prototype.indexOf.call(at.parentElement?.children || [], at));
      at = at.parentElement;
    }
    return at && { id: at.id, steps };
  };
  const find = ({ id, steps }) => steps.reduce((at, step) => at?.children[step], document.getElementById(id));

  const box = () => document.getElementById("app");
  const early = new AbortController();
  const on = (type, react) => {
    const ours = (event) => box()?.contains(event.target) && react(event);
    document.addEventListener(type, ours, { capture: true, signal: early.signal });
  };
  const typed = new Set();
  let clicked = null;
  on("input", (event) => typed.add(event.target));
  on("submit", (event) => event.preventDefault());
  on("click", (event) => {
    const it = event.target.closest("[data-pick], button[id], [type=submit]");
    if (!it || it.closest("[data-sign-in]")) return; // that form asks by itself, and needs nobody's scripts but its own
    clicked?.removeAttribute("aria-busy");
    clicked = it;
    clicked.setAttribute("aria-busy", "true");
  });

  const leave = () => {
    early.abort();
    clicked?.removeAttribute("aria-busy");
    const focused = box().contains(document.activeElement) ? document.activeElement : null;
    return {
      scroll: scrollY,
      focused: focused && { at: place(focused), from: focused.selectionStart, to: focused.selectionEnd },
      typed: [...typed].map((field) => ({ at: place(field), value: field.value })),
      opened: [...box().querySelectorAll(":popover-open, details[open]")].map(place),
      clicked: clicked && { at: place(clicked), pick: clicked.dataset.pick },
    };
  };
  const arrive = ({ scroll, focused, typed, opened, clicked }) => {
    for (const { at, value } of typed) {
      const field = find(at);
      if (!field) continue;
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const element of opened.map(find)) element?.tagName === "DETAILS" ? (element.open = true) : element?.showPopover?.();
    if (focused) {
      const field = find(focused.at);
      field?.focus({ preventScroll: true });
      if (focused.from !== null && focused.from !== undefined) field?.setSelectionRange?.(focused.from, focused.to);
    }
    if (scrollY !== scroll) scrollTo({ top: scroll, behavior: "instant" });
    const again = clicked && find(clicked.at);
    if (again && again.dataset.pick === clicked.pick) again.click(); // it is sent when the line stands
  };

  // What scripts have set already, they set again; written into a page as an attribute, its policy would forbid it.
  const unstyled = (element) => {
    for (const styled of element.querySelectorAll("[style]")) styled.removeAttribute("style");
    return element;
  };

  // Called when NiceGUI's functions are there, and before they are used.
  window.takeOver = () => {
    const { parseElements, createApp } = window;
    window.parseElements = (raw) => {
      const elements = parseElements(raw);
      for (const [id, { props }] of Object.entries(elements))
        if (props && "data-version" in props && !("innerHTML" in props))
          props.innerHTML = unstyled(document.getElementById(props.id ?? `c${id}`)).innerHTML;
      return elements;
    };
    window.createApp = (...given) => {
      const app = createApp(...given);
      const mount = app.mount;
      app.mount = (where) => {
        const kept = leave();
        box().style.minHeight = `${box().offsetHeight}px`; // so that a page that was scrolled stays where it is
        const mounted = mount(where);
        arrive(kept);
        requestAnimationFrame(() => (box().style.minHeight = ""));
        return mounted;
      };
      return app;
    };
  };
})();
