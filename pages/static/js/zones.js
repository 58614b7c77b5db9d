// The zone picker: arrow keys walk through what was found while one types, Enter or a click takes it.
(() => {
  "use strict";

  const options = () => [...document.querySelectorAll("#zones-found [role=option]")];
  const current = () => document.querySelector('#zones-found [aria-selected="true"]');
  const mark = (search, option) => {
    current()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    search.setAttribute("aria-activedescendant", option?.id || "");
  };
  let opener = null;
  const take = (option) => {
    if (!option) return;
    if (opener) returnFocusTo(opener);
    chooseZone(option.dataset.zone);
  };

  document.addEventListener("keydown", (event) => {
    const search = event.target.closest?.("[data-zone-search]");
    if (!search || event.isComposing) return;
    const all = options();
    const at = all.indexOf(current());
    const next = {
      ArrowDown: all[Math.min(at + 1, all.length - 1)],
      ArrowUp: all[Math.max(at - 1, 0)],
      Enter: current() || all[0],
    };
    if (!(event.key in next)) return;
    event.preventDefault();
    if (event.key === "Enter") take(next.Enter);
    else mark(search, next[event.key]);
  });
  document.addEventListener("click", ({ target }) => {
    opener = [".told-in", ".zone"].find((each) => target.closest?.(each)) || opener;
    take(target.closest?.("#zones-found [role=option]"));
    if (!target.closest?.("[data-clear-zones]")) return;
    const search = document.querySelector("[data-zone-search]");
    search.value = "";
    search.dispatchEvent(new Event("input", { bubbles: true }));
    search.focus();
  });
})();
