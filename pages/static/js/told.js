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
    const before = element.dataset.state;
    for (const [name, [value, version]] of Object.entries(news.get(element.dataset.live) || {})) {
      if (version <= (versions[name] ?? drawn)) continue;
      versions[name] = version;
      if (name === "text") element.textContent = value;
      else if (value === null) element.removeAttribute(name);
      else element.setAttribute(name, value);
    }
    if (before && element.dataset.state !== before) move(element);
  };
  // A short movement where something has changed before one's eyes; the style says which.
  const move = (element) => {
    element.classList.remove("changed");
    void element.offsetWidth; // so that it begins anew
    element.classList.add("changed");
  };
  // A click in a fragment says which of the things in it was meant.
  window.picked = (emit) => (event) => {
    const it = event.target.closest("[data-pick]");
    if (it && !it.disabled) emit(it.dataset.pick);
  };
  // What is read out: at once when nothing was for a while, otherwise together with what comes meanwhile.
  const QUIET_MILLISECONDS = 2500;
  let waiting = null;
  const together = (news) => {
    if (news.length === 1) return news[0].said;
    const sentences = document.getElementById("said").dataset;
    const count = (name, number) => {
      const counted = (sentences[name] || "").split("|");
      return counted[Math.min(number - 2, counted.length - 1)];
    };
    const part = (name) => {
      const group = news.filter((each) => each.kind === name);
      return group.length > 1 ? count(name, group.length) : group[0]?.said;
    };
    return ["taken", "withdrawn", "freed"].map(part).filter(Boolean).join(" ");
  };
  const readOut = () => {
    const news = [...waiting.values()];
    const status = document.getElementById("said");
    waiting = null;
    if (!news.length || !status) return;
    status.textContent = together(news);
    waiting = new Map();
    setTimeout(readOut, QUIET_MILLISECONDS);
  };
  const KINDS = { open: "freed", withdrawn: "withdrawn" };
  const say = (key, said, kind) => {
    const isFirst = waiting === null;
    waiting ??= new Map();
    waiting.set(key, { said, kind }); // of one time, the last news
    if (isFirst) queueMicrotask(readOut);
  };

  window.told = (changes) => {
    for (const [key, version, attributes, text, said] of changes) {
      const known = news.get(key) || news.set(key, {}).get(key);
      const values = text === null ? attributes : { ...attributes, text };
      for (const [name, value] of Object.entries(values))
        if (version > (known[name]?.[1] ?? 0)) known[name] = [value, version];
      const elements = document.querySelectorAll(`[data-live="${CSS.escape(key)}"]`);
      elements.forEach(update);
      if (said && elements.length) say(key, said, KINDS[attributes["data-state"]] || "taken");
    }
  };
  new MutationObserver((mutations) => {
    for (const { addedNodes } of mutations)
      for (const node of addedNodes) node.querySelectorAll?.("[data-live]").forEach(update), node.dataset?.live && update(node);
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
