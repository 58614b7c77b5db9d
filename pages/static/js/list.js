// The list of experts: what is typed to find them, that they are on their way, and whom one has looked at of late.
(() => {
  "use strict";

  // From a click, a key or the way back until the server says `listed`; what is shown meanwhile is in list.css.
  const results = () => document.querySelector(".results");
  const expect = () => results()?.setAttribute("aria-busy", "true");
  window.listed = (isElsewhere) => {
    results()?.removeAttribute("aria-busy");
    const top = document.querySelector(".counted");
    if (isElsewhere && top && top.getBoundingClientRect().top < 0) top.scrollIntoView({ block: "start" });
  };
  window.addEventListener("popstate", () => {
    const field = document.querySelector("[data-search]");
    if (!field) return;
    field.value = new URLSearchParams(location.search).get("search") || "";
    expect();
  });

  // The search is sent when one has stopped typing for a moment, or at once by Enter.
  const REST_MILLISECONDS = 180;
  let resting, send;
  const sendNow = () => {
    clearTimeout(resting);
    const sending = send;
    send = null;
    sending?.();
  };
  window.typed = (emit) => ({ target }) => {
    if (!target.matches("[data-search]")) return;
    send = () => {
      expect();
      emit(target.value);
    };
    clearTimeout(resting);
    resting = setTimeout(sendNow, REST_MILLISECONDS);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("[data-search]")) return;
    sendNow();
    if (matchMedia("(pointer: coarse)").matches) event.target.blur(); // the keyboard gives way to what was found
  });
  document.addEventListener("click", (event) => {
    const it = event.target.closest?.("[data-clear-search], .finding [data-pick], .results [data-pick]");
    if (!it) return;
    const field = document.querySelector("[data-search]");
    const clears = it.matches("[data-clear-search]");
    if (clears || /(^|&)search=(&|$)/.test(it.dataset.pick)) field.value = "";
    if (!clears) return void expect();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    sendNow();
  });

  // A next open time that changes while one looks says so for a moment; see list.css.
  new MutationObserver((changes) => {
    for (const { target } of changes)
      if (target.matches(".next")) {
        target.classList.remove("changed");
        void target.offsetWidth; // so that the motion begins again
        target.classList.add("changed");
      }
  }).observe(document, { subtree: true, attributeFilter: ["href", "data-word"] });

  // Whom one has looked at of late stays in this browser.
  const KEPT = 6;
  const viewed = () => {
    try {
      const kept = JSON.parse(localStorage.getItem("viewed") || "[]");
      return kept.filter(({ id, name }) => /^[0-9a-f]{24}$/.test(id) && typeof name === "string").slice(0, KEPT);
    } catch {
      return []; // nothing is kept here, or not by us
    }
  };
  const keep = (experts) => {
    try {
      localStorage.setItem("viewed", JSON.stringify(experts.slice(0, KEPT)));
    } catch {
      // a browser may forbid it
    }
  };
  const note = (profile) => {
    const { tone, initials } = profile.querySelector(".avatar")?.dataset || {};
    const expert = { id: profile.dataset.expert, name: profile.dataset.expertName, tone, initials };
    keep([expert, ...viewed().filter(({ id }) => id !== expert.id)]);
  };
  const link = ({ id, name, tone, initials }) => {
    const item = document.createElement("li");
    const anchor = item.appendChild(document.createElement("a"));
    anchor.href = `/experts/${id}`;
    const avatar = anchor.appendChild(document.createElement("span"));
    avatar.className = "avatar";
    avatar.setAttribute("aria-hidden", "true");
    avatar.dataset.tone = tone ?? "0";
    avatar.textContent = initials ?? "";
    anchor.appendChild(document.createElement("bdi")).textContent = name;
    return item;
  };
  const list = (row) => {
    const experts = viewed();
    row.querySelector("ul").replaceChildren(...experts.map(link));
    row.hidden = !experts.length;
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-forget-recent]")) return;
    keep([]);
    list(event.target.closest("[data-recent]"));
    document.querySelector(".count").tabIndex = -1;
    document.querySelector(".count").focus();
  });

  // Before what was drawn is painted, so that nothing moves; a row is whole once its last part is there.
  const appeared = () => {
    const row = document.querySelector("[data-recent]:not([data-filled]) > [data-forget-recent]")?.parentElement;
    if (row) {
      row.dataset.filled = "";
      list(row);
    }
    const profile = document.querySelector("[data-expert]:not([data-noted]) .avatar")?.closest("[data-expert]");
    if (profile) {
      profile.dataset.noted = "";
      note(profile);
    }
  };
  new MutationObserver(appeared).observe(document, { subtree: true, childList: true });
  window.addEventListener("pageshow", (event) => {
    const row = event.persisted && document.querySelector("[data-recent]");
    if (row) list(row);
  });
})();
