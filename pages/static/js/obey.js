// What the server asks of the page, and what the page tells of events, by the names of functions and with plain values.
// NiceGUI would run whatever text it is sent; here no text is ever run, so that the browser can be told to run none.
(() => {
  "use strict";

  const CALL = /^(?:return )?([A-Za-z]\w*)\((.*)\);?$/s;
  const CALLS_OF_NOTHING = /^([A-Za-z]\w*)\(\);?\s*/;
  const HISTORY = /^history\.(pushState|replaceState)\(\{\}, "", (".*")\);?$/s;
  const TITLE = /^document\.title = (".*");?$/s;
  const LISTENER = /^(\w+)\(emit\)$/;

  const known = (name) => {
    if (!Object.hasOwn(window, name) || typeof window[name] !== "function") throw new Error(`nothing is called ${name}`);
    return window[name];
  };

  // The functions that the server names, one after the other; the last one's result.
  window.obey = (code) => {
    let rest = code.trim();
    const [, step, address] = HISTORY.exec(rest) || [];
    if (step) return history[step]({}, "", JSON.parse(address));
    const [, title] = TITLE.exec(rest) || [];
    if (title) return void (document.title = JSON.parse(title));
    let result;
    for (let call; (call = CALLS_OF_NOTHING.exec(rest)); rest = rest.slice(call[0].length)) result = known(call[1])();
    if (!rest) return result;
    const [, name, given] = CALL.exec(rest) || [];
    if (!name) throw new Error("this is not the name of a function and what it is given");
    return known(name)(...JSON.parse(`[${given}]`));
  };

  // The function that listens to an event of an element, and emits what the server is to know.
  window.listener = (code, emit) => {
    const [, name] = LISTENER.exec(code) || [];
    if (!name) throw new Error("this is not the name of a listener");
    return known(name)(emit);
  };

  window.valueTyped = (emit) => (event) => emit(event.target.value);
  window.skipped = () => (event) => {
    const target = document.getElementById(event.currentTarget.hash.slice(1));
    target?.setAttribute("tabindex", "-1");
    target?.focus();
  };
})();
