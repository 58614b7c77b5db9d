// Signing in and out, and erasing: by requests of our own, so that it works before the line stands and without it.
(() => {
  "use strict";

  const CODE_LASTS = 10 * 60_000;
  const BETWEEN_CODES = 30_000;
  const KEPT = "signing-in"; // the address that a code was sent to, and when: a phone may drop the tab for the mail
  const form = () => document.querySelector("[data-sign-in]");
  const field = (name) => document.getElementById(`field-${name}`);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const digits = (text) => text.match(/\p{Nd}/gu) || [];

  const sent = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT));
      return kept && Date.now() - kept.at < CODE_LASTS ? kept : null;
    } catch {
      return null;
    }
  };
  const keep = (email) => {
    if (email) sessionStorage.setItem(KEPT, JSON.stringify({ email, at: Date.now() }));
    else sessionStorage.removeItem(KEPT);
  };

  // What is shown follows from what is kept; it is written into the page, which the scripts take over as it is.
  const show = () => {
    const it = form();
    if (!it?.querySelector("[data-sent]")) return; // it may have come by half
    const now = sent();
    it.dataset.step = now ? "code" : "address";
    for (const part of it.querySelectorAll("[data-at]")) part.hidden = part.dataset.at !== it.dataset.step;
    const heading = document.getElementById("sign-in-heading");
    heading.textContent = now ? heading.dataset.saidThen : heading.dataset.said;
    if (now) it.querySelector("[data-sent]").textContent = fill(it.dataset.sentTo, { address: now.email });
    count();
  };
  const count = () => {
    const button = form()?.querySelector("[data-resend]");
    const now = sent();
    if (!button || !now) return;
    const left = Math.ceil((now.at + BETWEEN_CODES - Date.now()) / 1000);
    const isEarly = left > 0;
    const seconds = new Intl.NumberFormat(document.documentElement.lang).format(left);
    const words = isEarly ? fill(form().dataset.againIn, { seconds }) : form().dataset.again;
    button.setAttribute("aria-disabled", String(isEarly));
    if (button.textContent !== words) button.textContent = words;
    if (isEarly) setTimeout(count, 1000);
  };
  const complain = (name, message) => {
    const problem = document.getElementById(`problem-${name}`);
    if (!problem) return;
    problem.textContent = message;
    field(name)?.setAttribute("aria-invalid", String(!!message));
  };

  const ask = async (path, body) => {
    const words = document.querySelector("[data-offline]")?.dataset || {};
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(body),
      });
      const told = await answer.json().catch(() => ({}));
      return { isDone: answer.ok, message: told.message || words.failed };
    } catch {
      return { isDone: false, message: words.offline };
    }
  };
  let isAsking = false;
  const busily = async (button, work) => {
    if (isAsking) return;
    isAsking = true;
    const mark = (isBusy) => {
      for (const it of document.querySelectorAll(button)) {
        it.classList.toggle("busy", isBusy);
        it.setAttribute("aria-disabled", String(isBusy));
      }
    };
    mark(true);
    try {
      if (await work()) return; // the page is on its way to another
    } finally {
      isAsking = false;
    }
    mark(false);
  };

  const send = () =>
    busily('[data-sign-in] [data-at="address"] .cta', async () => {
      const email = field("email").value.trim();
      const { isDone, message } = await ask("/sign-in", { email });
      complain("email", isDone ? "" : message);
      if (isDone) {
        keep(email);
        show();
      }
      field(isDone ? "code" : "email").focus();
    });
  let tried = ""; // the code that was tried last is not tried again by itself
  const verify = () => {
    const code = digits(field("code").value).join("");
    if (!sent()) return show();
    if (code.length !== 6) {
      complain("code", form().dataset.short);
      return field("code").focus();
    }
    tried = code;
    busily('[data-sign-in] [data-at="code"] .cta', async () => {
      const { isDone, message } = await ask("/sign-in/verify", { email: sent().email, code });
      complain("code", isDone ? "" : message);
      if (isDone) {
        keep(null);
        leave(form().dataset.onward);
        return true;
      }
      field("code").select();
      field("code").focus();
    });
  };
  const resend = () =>
    busily("[data-sign-in] [data-resend]", async () => {
      const { email } = sent() || {};
      if (!email) return show();
      const { isDone, message } = await ask("/sign-in", { email });
      complain("code", isDone ? "" : message);
      if (isDone) {
        keep(email);
        show();
        form().querySelector("[data-sent]").textContent = fill(form().dataset.sentAgain, { address: email });
        field("code").value = "";
      }
      field("code").focus();
    }).then(count);

  // To where one wanted to go; the other tabs of this browser see that somebody came or went.
  const leave = (path) => {
    try {
      localStorage.setItem("signed", String(Date.now()));
    } catch {
      // a browser may forbid it
    }
    returnFocusTo("h1");
    location.assign(path);
  };
  window.addEventListener("storage", ({ key }) => {
    if (key === "signed" && document.querySelector("[data-mine]")) location.reload();
  });

  // Whoever leaves may leave the browser to others: nothing that was typed stays in this tab.
  const leaveNothing = (told) => {
    for (const name of ["name", "email", "phone", "notes", "hours", "profile"]) forgetDraft(name);
    leave(`/my-bookings?told=${told}`);
  };
  const signOut = () =>
    busily("[data-sign-out]", async () => {
      const { isDone, message } = await ask("/sign-out", {});
      if (isDone) leaveNothing("signed-out");
      else for (const problem of document.querySelectorAll("[data-account-problem]")) problem.textContent = message;
      return isDone;
    });
  const erase = () =>
    busily("[data-erase-all]", async () => {
      const { isDone, message } = await ask("/my-bookings/erase", {});
      if (isDone) leaveNothing("erased");
      else complain("erase", message);
      return isDone;
    });

  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.("[data-sign-in]")) return;
    event.preventDefault();
    if (event.target.dataset.step === "code") verify();
    else send();
  });
  document.addEventListener("input", ({ target }) => {
    if (!target.closest?.("[data-sign-in]")) return;
    if (target.getAttribute("aria-invalid") === "true") complain(target.name, "");
    if (target.name !== "code") return;
    const typed = digits(target.value).slice(0, 6).join("");
    if (target.value !== typed) target.value = typed;
    if (typed.length === 6 && typed !== tried) verify();
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-resend], [data-other], [data-sign-out], [data-erase], [data-erase-all]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    if ("resend" in button.dataset) resend();
    else if ("signOut" in button.dataset) signOut();
    else if ("eraseAll" in button.dataset) erase();
    else if ("erase" in button.dataset) document.getElementById("erase").showModal();
    else {
      keep(null);
      complain("code", "");
      field("code").value = tried = "";
      show();
      field("email").focus();
    }
  });

  // Before what was drawn is painted, so that nothing moves.
  new MutationObserver(() => {
    // What is said once is not said again when the page is loaded again.
    if (location.search && document.querySelector(".told-once")) history.replaceState(history.state, "", location.pathname);
    const it = form();
    if (!it?.querySelector("[data-other]") || "ready" in it.dataset) return;
    it.dataset.ready = "";
    restoreDrafts();
    show();
  }).observe(document, { subtree: true, childList: true });
})();
