// Keys and history.
(() => {
  "use strict";

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
})();
