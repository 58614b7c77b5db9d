// What was typed survives a reload, a lost connection and a restart of the server.
(() => {
  "use strict";

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
})();
