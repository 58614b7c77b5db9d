// An expert's day and week: forms by their words, and the line that says what time it is.
(() => {
  "use strict";

  // All that a form holds, and which of its buttons was pressed.
  window.wordsSent = (emit) => (event) => {
    event.preventDefault();
    emit(Object.fromEntries(new FormData(event.target, event.submitter)));
  };

  // What a field holds, once somebody has changed it and left it: it may go before the form is sent.
  window.wordsLeft = (emit) => ({ target }) => emit([target.name, target.value]);

  // <i class="now" data-zone="Europe/Berlin" data-first="8" data-last="18">: the styles know where each row is.
  const PIECE = 5;
  const minutesIn = (zone) => {
    const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    const [hour, minute] = new Intl.DateTimeFormat("en", options).format(new Date()).split(":").map(Number);
    return hour * 60 + minute;
  };
  const draw = () => {
    for (const line of document.querySelectorAll(".now[data-zone]")) {
      const minutes = minutesIn(line.dataset.zone);
      const row = Math.floor((minutes - line.dataset.first * 60) / PIECE);
      line.hidden = row < 0 || minutes >= line.dataset.last * 60;
      if (!line.hidden && line.dataset.at !== String(row)) line.dataset.at = row;
    }
  };
  setInterval(draw, 20e3);
  document.addEventListener("visibilitychange", draw);
})();
