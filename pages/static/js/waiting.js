// Joining a waiting list: what is typed is sent by a request, and a code comes in between where the address is not proved.
(() => {
  "use strict";

  const form = () => document.querySelector("[data-wait]");
  const field = (name) => form()?.elements[name];
  const digits = (text) => text.match(/\p{Nd}/gu) || [];

  const complain = (name, message) => {
    const problem = document.getElementById(`problem-${name}`);
    if (problem) problem.textContent = message;
    field(name)?.setAttribute("aria-invalid", String(!!message));
  };
  const complainOf = (problems) => {
    for (const { name } of form().elements) if (name) complain(name, problems[name] || "");
    complain("wait", problems.wait || "");
    const wrong = [...form().elements].find(({ name }) => problems[name]);
    wrong?.focus();
  };

  // Which step is shown; `sentTo` is the address that a code has gone to.
  const show = (step, sentTo = "") => {
    const it = form();
    it.dataset.step = step;
    for (const part of it.querySelectorAll("[data-at]")) part.hidden = part.dataset.at !== step;
    if (sentTo) it.querySelector("[data-sent]").textContent = it.dataset.sentTo.replace("{address}", sentTo);
  };

  const ask = async (body) => {
    try {
      const answer = await fetch("/waiting", {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(body),
      });
      const told = await answer.json().catch(() => ({}));
      const failed = answer.ok ? "" : told.message || form().dataset.failed;
      return { ...told, failed };
    } catch {
      return { failed: form().dataset.offline };
    }
  };
  let isAsking = false;
  const mark = (isBusy) => {
    isAsking = isBusy;
    for (const button of form()?.querySelectorAll("[type=submit]") || []) {
      button.classList.toggle("busy", isBusy);
      button.setAttribute("aria-disabled", String(isBusy));
    }
  };
  const send = async (code) => {
    if (isAsking) return;
    const { code: _, ...typed } = Object.fromEntries(new FormData(form()));
    mark(true);
    const told = await ask({ ...typed, expert: form().dataset.expert, ...(code ? { code } : {}) });
    if (told.address) {
      returnFocusTo("h1");
      location.assign(told.address);
      return; // and the button stays busy
    }
    mark(false);
    if (told.problems) {
      show("wish");
      complainOf(told.problems);
    } else if (told.failed) {
      complainOf({ [form().dataset.step === "code" ? "code" : "wait"]: told.failed });
    } else {
      complainOf({});
      field("code").value = "";
      show("code", told.sent_to);
      field("code").focus();
    }
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.("[data-wait]")) return;
    event.preventDefault();
    if (form().dataset.step === "wish") return send();
    const code = digits(field("code").value).join("");
    if (code.length === 6) return send(code);
    complainOf({ code: form().dataset.short });
  });
  document.addEventListener("input", ({ target }) => {
    if (!target.closest?.("[data-wait]")) return;
    if (target.getAttribute("aria-invalid") === "true") complain(target.name, "");
    if (target.name !== "code") return;
    const typed = digits(target.value).slice(0, 6).join("");
    if (target.value !== typed) target.value = typed;
    if (typed.length === 6) send(typed);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-wait-code], [data-wait-other]");
    if (!button) return;
    if ("waitCode" in button.dataset) return send();
    show("wish");
    field("email").focus();
  });

  // What was typed elsewhere in this tab is there already.
  new MutationObserver(() => {
    const it = form();
    if (!it?.querySelector("[data-wait-other]") || "ready" in it.dataset) return;
    it.dataset.ready = "";
    restoreDrafts();
  }).observe(document, { subtree: true, childList: true });

  // What is offered is taken: the form of the expert's page finds what is known of whoever waited.
  window.offerTaken = ({ address, drafts }) => {
    for (const [name, text] of Object.entries(drafts)) if (text) sessionStorage.setItem(`draft:${name}`, text);
    location.assign(address);
  };
})();
