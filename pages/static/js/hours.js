// The hours editor: rows come and go, a day's hours are copied to others; everything else is a form of many parts.
(() => {
  "use strict";

  const form = () => document.querySelector('form[data-parts="hours"]');
  const listFor = (button) => {
    const owner = button.closest("[data-row]") || form();
    return owner.querySelector(`[data-list="${button.dataset.add}"]`);
  };
  const pad = (number) => String(number).padStart(2, "0");
  const clock = (minutes) => `${pad(Math.floor(minutes / 60) % 24)}:${pad(minutes % 60)}`;
  const minutesOf = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

  // Further hours of a day begin an hour after those before; where there is no room for them, as the template says.
  const follow = (row) => {
    const before = row.previousElementSibling?.querySelector('[data-name="closes"]')?.value;
    if (!before || before === "00:00") return;
    const opens = minutesOf(before) + 60;
    if (opens > 22 * 60) return;
    row.querySelector('[data-name="opens"]').value = clock(opens);
    row.querySelector('[data-name="closes"]').value = clock(Math.min(opens + 180, 24 * 60));
  };
  const addTo = (list) => {
    const row = addFreshPart(list);
    if (row.matches(".range")) follow(row);
    return row;
  };
  let copied = null;

  document.addEventListener("click", ({ target }) => {
    if (!form()) return;
    const button = target.closest?.("[data-add], [data-remove], [data-copy-day], [data-paste-day], [data-close-copies]");
    if (!button || !form().contains(button)) return;
    const copies = document.getElementById("copies");
    if ("add" in button.dataset) {
      const row = addTo(listFor(button));
      row.querySelector('[data-name]:not([type="hidden"])').focus();
      partsChanged(form());
    } else if ("remove" in button.dataset) {
      const row = button.closest("[data-row]");
      const list = row.parentElement;
      const next = row.nextElementSibling || row.previousElementSibling;
      const day = row.closest(".weekday");
      row.remove();
      const switches = day?.querySelector("[data-opens-day]");
      if (switches && !list.children.length) switches.checked = false;
      (next?.querySelector("[data-remove]") || switches || document.querySelector(`#add-${list.dataset.makes}`))?.focus();
      partsChanged(form());
    } else if ("copyDay" in button.dataset) {
      copied = button;
      const days = [...form().querySelectorAll(".weekday")];
      const own = days.indexOf(button.closest(".weekday"));
      for (const box of copies.querySelectorAll("input")) {
        box.checked = false;
        box.disabled = Number(box.value) === own;
      }
      copies.showModal();
    } else if ("pasteDay" in button.dataset) {
      const values = partsOf(copied.closest(".weekday"));
      const days = form().querySelectorAll(".weekday");
      for (const box of copies.querySelectorAll("input:checked")) putParts(days[Number(box.value)], values);
      copies.close();
      partsChanged(form());
    } else copies.close();
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-opens-day]") || !target.checked) return;
    const list = target.closest(".weekday").querySelector('[data-list="ranges"]');
    if (!list.children.length) addPart(list);
    partsChanged(form());
  });
  // Time off of one day is the first thing that most people want: the last day follows the first.
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.('[data-name="first_on"]')) return;
    const last = target.closest("[data-row]").querySelector('[data-name="last_on"]');
    if (last.value && last.value >= target.value) return;
    last.value = target.value;
    partsChanged(form());
  });

  // Somebody else has changed the hours: what is here is to stand all the same.
  window.storeHoursAnyway = (loaded) => {
    form().dataset.loaded = loaded;
    form().requestSubmit();
  };
})();
