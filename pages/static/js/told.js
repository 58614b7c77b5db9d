// What the server tells all pages that show the same.
(() => {
  "use strict";

  // What is told to all pages that show the same: [key, version, attributes, text, what is read out] for the element with
  // this data-live. What is older than what is shown is dropped, whichever way it came; what is drawn anew later from an
  // older state is brought up to date when it appears.
  const news = new Map(); // by key: { name of an attribute, or "text": [value, version] }
  const shown = new WeakMap(); // by element: { the same names: version }
  const update = (element) => {
    const drawn = Number(element.closest("[data-version]")?.dataset.version || 0);
    const versions = shown.get(element) || shown.set(element, {}).get(element);
    for (const [name, [value, version]] of Object.entries(news.get(element.dataset.live) || {})) {
      if (version <= (versions[name] ?? drawn)) continue;
      versions[name] = version;
      if (name === "text") element.textContent = value;
      else if (value === null) element.removeAttribute(name);
      else element.setAttribute(name, value);
    }
  };
  // A click in a fragment says which of the things in it was meant.
  window.picked = (emit) => (event) => {
    const it = event.target.closest("[data-pick]");
    if (it && !it.disabled) emit(it.dataset.pick);
  };
  window.told = (changes) => {
    for (const [key, version, attributes, text, said] of changes) {
      const known = news.get(key) || news.set(key, {}).get(key);
      const values = text === null ? attributes : { ...attributes, text };
      for (const [name, value] of Object.entries(values))
        if (version > (known[name]?.[1] ?? 0)) known[name] = [value, version];
      const elements = document.querySelectorAll(`[data-live="${CSS.escape(key)}"]`);
      elements.forEach(update);
      if (said && elements.length) document.getElementById("said").textContent = said;
    }
  };
  new MutationObserver((mutations) => {
    for (const { addedNodes } of mutations)
      for (const node of addedNodes) node.querySelectorAll?.("[data-live]").forEach(update), node.dataset?.live && update(node);
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
