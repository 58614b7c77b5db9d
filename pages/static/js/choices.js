// How the visitor reads: zone, language, clock and theme travel in cookies, so that the server draws the page that way.
(() => {
  "use strict";

  const root = document.documentElement;
  const cookie = (name) => {
    const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  };
  const keep = (name, value) => {
    const age = value ? 31536000 : 0;
    document.cookie = `${name}=${encodeURIComponent(value || "")}; path=/; max-age=${age}; samesite=lax`;
  };

  // Before anything is painted: which way it is read, and in which theme.
  root.dir = root.lang.startsWith("ar") ? "rtl" : "ltr";
  const showTheme = () => {
    const chosen = cookie("theme");
    if (chosen) root.dataset.theme = chosen;
    else delete root.dataset.theme;
    window.Quasar?.Dark?.set(chosen ? chosen === "dark" : "auto");
  };
  showTheme();

  // "auto:" follows the device, "set:" is what somebody chose.
  const device = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const kept = cookie("zone");
  if (!kept || (kept.startsWith("auto:") && kept !== `auto:${device}`)) {
    keep("zone", `auto:${device}`);
    if (cookie("zone") === `auto:${device}` && (kept || device !== "UTC")) location.reload();
  }
  window.chooseZone = (zone) => {
    keep("zone", zone ? `set:${zone}` : `auto:${device}`);
    location.reload();
  };

  // A button with data-choose="theme:dark" makes that choice; nothing after the colon gives it back to the device.
  const marked = () => {
    for (const button of document.querySelectorAll('[data-choose^="theme:"]'))
      button.setAttribute("aria-pressed", String(button.dataset.choose === `theme:${cookie("theme")}`));
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-choose]");
    if (!button) return;
    const [name, value] = button.dataset.choose.split(":");
    keep(name, value);
    if (name !== "theme") return void location.reload();
    showTheme();
    marked();
  });
  document.addEventListener("toggle", marked, true);
})();
