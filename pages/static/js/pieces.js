// Lists that change piece by piece: what is new slides in, what moves glides, and the focus stays where it was.
(() => {
  "use strict";

  const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const timing = () => {
    const style = getComputedStyle(document.documentElement);
    return { duration: parseFloat(style.getPropertyValue("--calm")), easing: style.getPropertyValue("--ease").trim() };
  };
  const made = (markup) => {
    const template = document.createElement("template");
    template.innerHTML = markup;
    return template.content.firstElementChild;
  };
  const tops = (list) => new Map([...list.children].map((piece) => [piece.dataset.key, piece.getBoundingClientRect().top]));

  // [id of the list, keys in their order, markup of what is new or changed by key]
  window.arranged = ([id, keys, changed]) => {
    const list = document.getElementById(id);
    if (!list) return;
    const before = tops(list);
    const held = list.contains(document.activeElement) ? document.activeElement : null;
    const heldPiece = held && [...list.children].find((piece) => piece.contains(held));
    const place = heldPiece ? [...list.children].indexOf(heldPiece) : -1;

    const pieces = new Map([...list.children].map((piece) => [piece.dataset.key, piece]));
    for (const [key, markup] of Object.entries(changed)) {
      const piece = made(markup);
      pieces.get(key)?.replaceWith(piece);
      pieces.set(key, piece);
    }
    for (const piece of [...list.children]) if (!keys.includes(piece.dataset.key)) piece.remove();
    let next = list.firstElementChild;
    for (const key of keys) {
      const piece = pieces.get(key);
      if (!piece) continue;
      if (piece === next) next = next.nextElementSibling;
      else list.insertBefore(piece, next);
    }
    if (held) keepFocus(list, held, heldPiece, place);
    if (!isCalm()) animate(list, before, changed);
  };

  // The same button of the same piece, else the piece's heading, else the piece that stands where it stood.
  const keepFocus = (list, held, heldPiece, place) => {
    const same = list.querySelector(`[data-key="${CSS.escape(heldPiece.dataset.key)}"]`);
    const pick = held.dataset.pick && same?.querySelector(`[data-pick="${CSS.escape(held.dataset.pick)}"]`);
    const at = same || list.children[Math.min(place, list.children.length - 1)];
    const begin = at?.matches("h2, h3") ? at : at?.querySelector("h2, h3, h4, button");
    const to = held.isConnected ? held : pick || same?.querySelector("[data-takes-focus]") || begin;
    if (!to || document.activeElement === to) return;
    if (to.tabIndex < 0) to.tabIndex = -1;
    to.focus({ preventScroll: true });
  };

  const animate = (list, before, changed) => {
    const { duration, easing } = timing();
    const isFirst = !before.size;
    for (const piece of list.children) {
      const was = before.get(piece.dataset.key);
      const { top, bottom } = piece.getBoundingClientRect();
      if (bottom < 0 || top > innerHeight) continue;
      if (was === undefined && !isFirst)
        piece.animate([{ opacity: 0, transform: "translateY(-8px)" }, {}], { duration, easing });
      else if (was !== undefined && Math.abs(was - top) > 1)
        piece.animate([{ transform: `translateY(${was - top}px)` }, {}], { duration, easing });
      if (was !== undefined && piece.dataset.key in changed)
        piece.animate([{ opacity: 0.45 }, {}], { duration, easing });
    }
  };
})();
