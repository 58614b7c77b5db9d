// The confirmation: who has just booked is told so, once; and it can be printed.
(() => {
  "use strict";

  window.celebrate = () => {
    if (!sessionStorage.getItem("just-booked")) return;
    sessionStorage.removeItem("just-booked");
    document.documentElement.toggleAttribute("data-fresh", true);
    if (document.activeElement === document.body) document.getElementById("booked")?.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => event.target.closest?.("[data-print]") && print());
})();
