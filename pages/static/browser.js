// What only the browser can do: its time zone, countdowns, drafts, and whether the line to the server stands.
(() => {
  "use strict";

  // The visitor's time zone travels in a cookie, so that the first page is drawn in it. "auto:" follows the device.
  const cookie = (name) => document.cookie.split("; ").find((c) => c.startsWith(name + "="))?.slice(name.length + 1);
  const keep = (name, value) =>
    (document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; samesite=lax`);
  const device = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const kept = decodeURIComponent(cookie("zone") || "");
  if (!kept || (kept.startsWith("auto:") && kept !== `auto:${device}`)) {
    keep("zone", `auto:${device}`);
    const known = decodeURIComponent(cookie("zone") || "") === `auto:${device}`;
    if (known && (kept || device !== "UTC")) location.reload();
  }
  window.chooseZone = (zone) => {
    keep("zone", zone ? `set:${zone}` : `auto:${device}`);
    location.reload();
  };

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

  // Drafts: what was typed survives a reload, a lost connection and a restart of the server; it never leaves this tab.
  const draftKey = (field) => `draft:${field.dataset.draft || field.closest("[data-draft]")?.dataset.draft}`;
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches?.("[data-draft]")) sessionStorage.setItem(draftKey(field), field.value);
  });
  window.restoreDrafts = () => {
    for (const field of document.querySelectorAll("input[data-draft], textarea[data-draft]")) {
      const draft = sessionStorage.getItem(draftKey(field));
      if (draft && !field.value) {
        field.value = draft;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  };
  // A list that was looked up is there again after a reload; what was typed to find it is a draft, and in no address.
  window.keepLookingUp = () => sessionStorage.setItem("looked-up", "yes");
  window.lookUpAgain = () => {
    if (sessionStorage.getItem("looked-up") && document.querySelector(".lookup input")?.value)
      document.querySelector(".lookup").requestSubmit();
  };
  window.forgetDraft = (name) => sessionStorage.removeItem(`draft:${name}`);

  // Whether the address of this page is copied; without TLS, a browser has no clipboard for us.
  window.copyAddress = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      return true;
    } catch {
      return false;
    }
  };

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

  // The badge tells the truth about the line to the server.
  const showConnection = (state, text) => {
    const badge = document.getElementById("live");
    if (!badge) return;
    badge.dataset.connection = state;
    badge.textContent = text;
  };
  let socket; // listened to from the moment it is made, so that nothing is told to nobody
  Object.defineProperty(window, "socket", {
    get: () => socket,
    set: (made) => {
      socket = made;
      socket.on("told", told);
      socket.on("connect", () => showConnection("live", "Live"));
      socket.on("disconnect", () => showConnection("lost", "Reconnecting"));
    },
  });

  // The back button: the list of experts draws the view that the address names.
  window.addEventListener("popstate", () => window.emitEvent?.("address_changed", location.search));

  // "/" goes to the search field, as people expect.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches?.("input, textarea, select")) return;
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  });

  // A slot that is taken while it has the focus hands the focus to the next one that is open.
  new MutationObserver((changes) => {
    for (const { target } of changes)
      if (target.matches(".slot[disabled]") && (document.activeElement === target || target.dataset.hadFocus === "yes")) {
        const open = [...document.querySelectorAll(".slot:not([disabled])")];
        const next = open.find((slot) => target.compareDocumentPosition(slot) & Node.DOCUMENT_POSITION_FOLLOWING);
        (next || open.at(-1) || document.getElementById("slots-heading"))?.focus();
      }
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ["disabled"] });
  document.addEventListener("focusin", (event) => {
    document.querySelectorAll("[data-had-focus]").forEach((slot) => delete slot.dataset.hadFocus);
    if (event.target.matches?.(".slot")) event.target.dataset.hadFocus = "yes";
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
  window.rescueFocus = (selector) => {
    const isLost = () => isGone(document.activeElement === document.body ? lastFocused : document.activeElement);
    setTimeout(patient, 0, () => isLost() && giveFocus(selector));
  };

  // A page drawn while the database was away looks again by itself.
  document.addEventListener("DOMContentLoaded", () => {
    if (document.querySelector('meta[name="look-again"]')) setTimeout(() => location.reload(), 4000);
  });
})();
