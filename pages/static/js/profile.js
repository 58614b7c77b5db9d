// The picture: sent by a request of its own, as it is; the page shows what the house has made of it.
(() => {
  "use strict";

  const MOST_BYTES = 8 * 1024 * 1024;
  const complain = (message) => {
    document.getElementById("problem-picture").textContent = message;
    document.getElementById("picture").setAttribute("aria-invalid", String(!!message));
  };
  const send = async (file, words) => {
    if (file.size > MOST_BYTES) return words.large;
    try {
      const answer = await fetch("/workspace/profile/picture", {
        method: "POST",
        headers: { "Content-Type": "application/octet-stream", Accept: "application/json" },
        body: file,
      });
      if (answer.ok) return "";
      const told = await answer.json().catch(() => ({}));
      return told.message || words.failed;
    } catch {
      return words.offline;
    }
  };
  let isSending = false;
  window.pictureChosen = (emit) => async (event) => {
    const field = event.target;
    if (field.id !== "picture" || !field.files[0] || isSending) return;
    const chooser = field.closest(".chooser");
    isSending = true;
    complain("");
    chooser.classList.add("busy");
    const problem = await send(field.files[0], field.closest("[data-offline]").dataset);
    isSending = false;
    chooser.classList.remove("busy");
    field.value = "";
    if (problem) complain(problem);
    else emit("");
  };
})();
