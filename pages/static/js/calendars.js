// Calendars of elsewhere: an address is told to the page, a file is sent by a request of its own.
(() => {
  "use strict";

  const MOST_BYTES = 2e6;
  const form = () => document.getElementById("calendar-form");
  const complain = (name, message) => {
    document.getElementById(`problem-${name}`).textContent = message;
    const field = document.getElementById(`field-${name}`) || document.getElementById("calendar-file");
    field.setAttribute("aria-invalid", String(!!message));
    return field;
  };
  let isBusy = false;
  const busy = (element, is) => {
    isBusy = is;
    form().toggleAttribute("data-busy", is);
    element.classList.toggle("busy", is);
  };

  window.calendarSent = (emit) => (event) => {
    event.preventDefault();
    if (isBusy) return;
    complain("address", "");
    complain("file", "");
    busy(form().querySelector(".cta"), true);
    emit(Object.fromEntries(new FormData(form())));
  };
  window.calendarAnswered = (problem) => {
    busy(form().querySelector(".cta"), false);
    if (!problem) form().reset();
    const field = complain("address", problem);
    if (problem) field.focus();
  };

  const send = async (file, words) => {
    if (file.size > MOST_BYTES) return words.large;
    try {
      const answer = await fetch("/workspace/calendars/file", {
        method: "POST",
        headers: {
          "Content-Type": "application/octet-stream",
          Accept: "application/json",
          "X-File-Name": encodeURIComponent(file.name),
        },
        body: file,
      });
      if (answer.ok) return "";
      const told = await answer.json().catch(() => ({}));
      return told.message || words.failed;
    } catch {
      return words.offline;
    }
  };
  window.calendarChosen = (emit) => async (event) => {
    const field = event.target;
    if (field.id !== "calendar-file" || !field.files[0] || isBusy) return;
    complain("address", "");
    complain("file", "");
    busy(field.closest(".chooser"), true);
    const problem = await send(field.files[0], form().dataset);
    busy(field.closest(".chooser"), false);
    field.value = "";
    if (problem) complain("file", problem);
    else emit("");
  };
})();
