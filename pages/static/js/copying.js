// Copying an address.
(() => {
  "use strict";

  // Whether the address of this page is copied; without TLS, a browser has no clipboard for us.
  window.copyAddress = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      return true;
    } catch {
      return false;
    }
  };
})();
