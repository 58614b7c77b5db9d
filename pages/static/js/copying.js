// Copying an address out of the field that shows it.
(() => {
  "use strict";

  const SHOWN_MILLISECONDS = 4000;

  // Without TLS a browser has no clipboard for us: then the old way, and if that is barred too, what is to be copied is
  // left selected.
  const copy = async (field) => {
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch {
      field.focus();
      field.select();
      return document.execCommand("copy");
    }
  };
  let fading;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const isCopied = await copy(document.getElementById(button.dataset.copy));
    if (isCopied) button.focus();
    document.getElementById("copied").textContent = isCopied ? button.dataset.copied : button.dataset.byHand;
    clearTimeout(fading);
    if (isCopied) fading = setTimeout(() => (document.getElementById("copied").textContent = ""), SHOWN_MILLISECONDS);
  });
})();
