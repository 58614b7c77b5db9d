// What was typed survives a reload, a lost connection and a restart of the server; it never leaves this tab.
(() => {
  "use strict";

  const draftKey = (field) => `draft:${field.dataset.draft || field.closest("[data-draft]")?.dataset.draft}`;
  window.keepDraft = (field) => sessionStorage.setItem(draftKey(field), field.value);
  document.addEventListener("input", (event) => event.target.matches?.("[data-draft]") && keepDraft(event.target));
  window.restoreDrafts = () => {
    for (const field of document.querySelectorAll("input[data-draft], textarea[data-draft]")) {
      const draft = sessionStorage.getItem(draftKey(field));
      if (!draft || field.value) continue;
      field.value = draft;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      // Whoever is about to type gets it marked: what they type takes its place instead of being added to it.
      if (field === document.activeElement) field.select();
    }
  };
  // A form that comes later finds what was typed into it before.
  new MutationObserver((changes) => {
    const isNew = (node) => node.matches?.(".form") || node.querySelector?.(".form [data-draft]");
    if (changes.some(({ addedNodes }) => [...addedNodes].some(isNew))) restoreDrafts();
  }).observe(document.documentElement, { subtree: true, childList: true });

  // A list that was looked up is there again after a reload; what was typed to find it is a draft, and in no address.
  window.keepLookingUp = () => sessionStorage.setItem("looked-up", "yes");
  window.lookUpAgain = () => {
    if (sessionStorage.getItem("looked-up") && document.querySelector(".lookup input")?.value)
      document.querySelector(".lookup").requestSubmit();
  };
  window.lookedUp = (emit) => (event) => {
    event.preventDefault();
    emit(event.target.querySelector("input").value);
  };
  window.forgetDraft = (name) => sessionStorage.removeItem(`draft:${name}`);
})();
