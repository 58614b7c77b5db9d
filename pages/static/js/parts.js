// Forms of many parts: what stands in them is told to the server as one object, kept in the tab, and put back.
// [data-parts] is the form; [data-name] a field; [data-list] holds rows, [data-row], which [data-makes] has a template of.
// What is wrong stands in the .problem of the .field, or of the [data-says], that the field is in.
(() => {
  "use strict";

  const REST_MILLISECONDS = 250;
  const form = () => document.querySelector("form[data-parts]");
  const key = (it) => `draft:${it.dataset.parts}`;
  const ownerOf = (it) => it.parentElement.closest("[data-row], [data-parts]");
  const ownOf = (part, what) => [...part.querySelectorAll(what)].filter((it) => ownerOf(it) === part);
  const rowsOf = (list) => [...list.children].filter((it) => it.matches("[data-row]"));
  const read = (part) => {
    const values = {};
    for (const it of ownOf(part, "[data-name]")) values[it.dataset.name] = it.type === "checkbox" ? it.checked : it.value;
    for (const it of ownOf(part, "[data-list]")) values[it.dataset.list] = rowsOf(it).map(read);
    return values;
  };
  const write = (part, values) => {
    for (const it of ownOf(part, "[data-name]")) {
      const value = values[it.dataset.name];
      if (value === undefined) continue;
      if (it.type === "checkbox") it.checked = value;
      else it.value = value;
    }
    for (const it of ownOf(part, "[data-list]")) {
      const wanted = values[it.dataset.list] || [];
      rowsOf(it).slice(wanted.length).forEach((row) => row.remove());
      while (it.dataset.makes && rowsOf(it).length < wanted.length) add(it);
      rowsOf(it).forEach((row, number) => wanted[number] && write(row, wanted[number]));
    }
  };
  const add = (list) => {
    const template = document.querySelector(`template[data-template="${list.dataset.makes}"]`);
    const row = template.content.firstElementChild.cloneNode(true);
    list.append(row);
    return row;
  };
  const content = (it) => ({ ...read(it), loaded: it.dataset.loaded });
  window.partsOf = read;
  window.putParts = write;
  window.addPart = add;
  window.partsChanged = (it) => it.dispatchEvent(new Event("input", { bubbles: true }));

  // Whether something stands there that is not stored; what is typed back is no change.
  let stored = "";
  let sent = "";
  const mark = (it) => {
    const isChanged = JSON.stringify(read(it)) !== stored;
    it.toggleAttribute("data-changed", isChanged);
    if (isChanged) sessionStorage.setItem(key(it), JSON.stringify(content(it)));
    else sessionStorage.removeItem(key(it));
    for (const limit of it.querySelectorAll("[data-most]"))
      document.getElementById(limit.dataset.adds)?.toggleAttribute("disabled", rowsOf(limit).length >= Number(limit.dataset.most));
  };
  const appeared = (it) => {
    it.dataset.read = "";
    stored = JSON.stringify(read(it));
    mark(it);
  };

  let resting = 0;
  window.partsTyped = (emit) => (event) => {
    const it = event.currentTarget;
    if (!("read" in it.dataset)) return;
    mark(it);
    clearTimeout(resting);
    resting = setTimeout(() => emit(content(it)), REST_MILLISECONDS);
  };
  const busy = (isBusy) => {
    const button = form()?.querySelector('[type="submit"]');
    button?.classList.toggle("busy", isBusy);
    button?.setAttribute("aria-disabled", String(isBusy));
  };
  window.partsSent = (emit) => (event) => {
    event.preventDefault();
    clearTimeout(resting);
    busy(true);
    sent = JSON.stringify(read(event.currentTarget));
    emit(content(event.currentTarget));
  };

  // What is wrong, by the way to each field, such as "week.0.ranges.1.closes"; a row says it once, below its fields.
  const find = (way) => {
    let part = form();
    for (const step of way.split(".")) {
      if (!part) return null;
      if (/^\d+$/.test(step)) part = part.matches("[data-list]") ? rowsOf(part)[step] : null;
      else part = ownOf(part, `[data-name="${step}"], [data-list="${step}"]`)[0];
    }
    return part;
  };
  let numbered = 0;
  const sayBeside = (it, message) => {
    const place = it.closest(".field, [data-says]")?.querySelector(".problem");
    if (!place) return;
    place.id ||= `problem-part-${++numbered}`;
    if (!place.textContent) place.textContent = message;
    if (it.matches("[data-name]")) {
      it.setAttribute("aria-invalid", "true");
      if (!it.hasAttribute("aria-describedby")) it.setAttribute("aria-describedby", place.id);
    }
  };
  window.partsAnswered = (problems, isFocused) => {
    const it = form();
    busy(false);
    if (!it) return;
    const wrong = Object.entries(problems).map(([way, message]) => [find(way), message]);
    const said = new Set(wrong.map(([, message]) => message));
    for (const field of it.querySelectorAll("[data-name][aria-invalid]")) field.setAttribute("aria-invalid", "false");
    for (const place of it.querySelectorAll(".problem")) if (!said.has(place.textContent)) place.textContent = "";
    for (const [field, message] of wrong)
      if (field && (isFocused || !field.closest("[data-fresh]"))) sayBeside(field, message);
    const first = isFocused && wrong.find(([field]) => field)?.[0];
    if (first) (first.matches("[data-name]") ? first : first.querySelector("[data-name]") || first).focus();
  };
  // A new row is found fault with once somebody has left it, not while they fill it in.
  window.addFreshPart = (list) => {
    const row = add(list);
    row.dataset.fresh = "";
    return row;
  };
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    const row = target.closest?.("[data-fresh]");
    if (!row || row.contains(relatedTarget)) return;
    delete row.dataset.fresh;
    const it = row.closest("[data-parts]"); // unless the row goes
    if (it) partsChanged(it);
  });

  // What is stored now, and by what the server knows it; what was typed meanwhile stays.
  window.partsStored = (values, loaded) => {
    const it = form();
    busy(false);
    if (!it) return;
    it.dataset.loaded = loaded;
    const isUntouched = JSON.stringify(read(it)) === sent;
    if (isUntouched) write(it, values);
    stored = isUntouched ? JSON.stringify(read(it)) : sent;
    mark(it);
  };
  // A page that was loaded again, by hand or after the line was lost, goes on where it was.
  window.restoreParts = () => {
    const it = form();
    if (!it) return;
    const kept = sessionStorage.getItem(key(it)); // before it is compared with what is stored
    if (!("read" in it.dataset)) appeared(it);
    try {
      const draft = JSON.parse(kept);
      if (!draft) return;
      it.dataset.loaded = draft.loaded;
      write(it, draft);
      partsChanged(it);
    } catch {
      sessionStorage.removeItem(key(it));
    }
  };
  document.addEventListener("click", ({ target }) => {
    if (!target.closest?.("[data-discard]")) return;
    sessionStorage.removeItem(key(form()));
    returnFocusTo("h1");
    location.reload();
  });
})();
