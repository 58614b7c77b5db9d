// The booking form: what is typed is checked when a field is left, and sent once, under a name that survives a reload.
(() => {
  "use strict";

  const checked = new WeakMap(); // by field: what was checked last
  const side = () => document.querySelector(".side[data-state]");
  const isField = (element) => !!element?.matches?.(".form [data-draft]");

  // Leaving a field has it checked, unless it is left for the button: then the form is, and nothing may move meanwhile.
  window.fieldLeft = (emit) => (event) => {
    const field = event.target;
    if (!isField(field) || !field.value.trim() || checked.get(field) === field.value) return;
    if (event.relatedTarget?.matches?.(".form [type=submit]")) return;
    checked.set(field, field.value);
    emit([field.name, field.value]);
  };
  // A problem goes as soon as it is mended; a field without one is left alone while somebody types.
  window.fieldTyped = (emit) => (event) => {
    const field = event.target;
    if (!isField(field)) return;
    delete field.closest(".field").dataset.good;
    if (field.getAttribute("aria-invalid") === "true") emit([field.name, field.value]);
  };
  window.fieldTidied = ([name, typed, tidy]) => {
    const field = document.getElementById(`field-${name}`);
    if (!field || field.value !== typed || field === document.activeElement) return;
    field.value = tidy;
    checked.set(field, tidy);
    keepDraft(field);
  };

  // An attempt to book a slot keeps its name until it is answered.
  const attemptKey = (slot) => `attempt:${slot}`;
  const newName = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))));
  window.forgetAttempt = (slot) => sessionStorage.removeItem(attemptKey(slot));
  const attemptAt = (slot) => {
    const name = sessionStorage.getItem(attemptKey(slot)) || newName();
    sessionStorage.setItem(attemptKey(slot), name);
    return name;
  };

  const setBusy = (form, isBusy) => {
    const button = form.querySelector("[type=submit]");
    form.toggleAttribute("data-busy", isBusy);
    form.setAttribute("aria-busy", String(isBusy));
    button.classList.toggle("busy", isBusy);
    button.setAttribute("aria-disabled", String(isBusy));
  };
  window.formSent = (emit) => (event) => {
    event.preventDefault();
    const form = event.target;
    if ("busy" in form.dataset) return;
    setBusy(form, true);
    const sent = Object.fromEntries(new FormData(form));
    emit({ ...sent, attempt: attemptAt(sent.slot) });
  };
  window.formAnswered = (wrong) => {
    const form = document.querySelector(".form");
    if (!form) return;
    setBusy(form, false);
    if (wrong) document.getElementById(`field-${wrong}`).focus();
  };
  window.bookingMade = (slot) => {
    forgetDraft("notes");
    forgetAttempt(slot);
    sessionStorage.setItem("just-booked", "yes");
  };

  // Enter sends, in notes with Shift or Ctrl; on a phone it first goes to what is still empty, as the key there says.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || !isField(field)) return;
    if (field.tagName === "TEXTAREA") {
      if (!event.shiftKey && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      return field.form.requestSubmit();
    }
    const isOnPhone = matchMedia("(pointer: coarse)").matches;
    const empty = isOnPhone && [...field.form.elements].find((each) => each.required && !each.value.trim());
    if (!empty || empty === field) return;
    event.preventDefault();
    empty.focus();
  });

  // "Did you mean ...?" puts the address right.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-meant]");
    if (!button?.dataset.meant) return;
    const field = document.getElementById(button.dataset.for);
    field.value = button.dataset.meant;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    button.hidden = true;
    field.focus();
  });

  // Whether there is anything typed that could be kept.
  const markTyped = () => {
    const fields = document.querySelectorAll(".side [data-draft]");
    side()?.toggleAttribute("data-typed", [...fields].some((field) => field.value.trim()));
  };
  document.addEventListener("input", (event) => isField(event.target) && markTyped());

  // What the address asks for, and bookings whose answer did not come, are told to the server once the line stands. A page
  // that the browser prepares in secret waits until somebody looks at it.
  window.arrive = async () => {
    if (document.prerendering) await new Promise((go) => document.addEventListener("prerenderingchange", go, { once: true }));
    const address = new URL(location.href);
    const time = address.searchParams.get("time");
    address.searchParams.delete("time");
    if (time !== null) history.replaceState(history.state, "", address);
    const names = Object.keys(sessionStorage).filter((key) => key.startsWith(attemptKey("")));
    const attempts = Object.fromEntries(names.map((key) => [key.slice(attemptKey("").length), sessionStorage.getItem(key)]));
    if (time || names.length) emitEvent("arrived", { time, attempts });
  };
})();
