// Whether the line to the server stands; the words for it are on the badge, in the language of the page.
(() => {
  "use strict";

  const STALE_SECONDS = 8; // so long without a line, and what is shown may be out of date
  let state = "connecting";
  let stale;
  const show = (next) => {
    state = next;
    document.documentElement.dataset.line = state;
    const badge = document.getElementById("live");
    if (!badge?.lastElementChild || badge.dataset.connection === state) return; // it may have come by half
    badge.dataset.connection = state;
    badge.lastElementChild.textContent = badge.dataset[state];
  };
  new MutationObserver(() => show(state)).observe(document, { subtree: true, childList: true });

  let socket; // listened to from the moment it is made, so that nothing is told to nobody
  Object.defineProperty(window, "socket", {
    get: () => socket,
    set: (made) => {
      socket = made;
      socket.on("told", told);
      socket.on("connect", () => {
        clearTimeout(stale);
        show("live");
      });
      socket.on("disconnect", () => {
        show("lost");
        stale = setTimeout(show, STALE_SECONDS * 1000, "stale");
      });
      // Perhaps too many pages are open from here; it goes on trying.
      socket.on("connect_error", () => {
        if (state === "connecting") show("stale");
      });
    },
  });

  // A page drawn while the database was away looks again by itself.
  document.addEventListener("DOMContentLoaded", () => {
    if (document.querySelector('meta[name="look-again"]')) setTimeout(() => location.reload(), 4000);
  });
})();
