// Forces what a mouse and a keyboard bring about, by the rules of the house themselves, and measures colours.
(() => {
  "use strict";

  const STATES = { hover: "hover", "focus-visible": "focus", "focus-within": "focus", focus: "focus", active: "pressed" };
  const PSEUDO = /:(hover|focus-visible|focus-within|focus|active)(?![\w-])/g;
  const double = (owner) => {
    for (let index = owner.cssRules.length - 1; index >= 0; index--) {
      const rule = owner.cssRules[index];
      if (rule.cssRules?.length) double(rule);
      if (!rule.selectorText || rule.selectorText.search(PSEUDO) < 0) continue;
      const selector = rule.selectorText.replace(PSEUDO, (_, name) => `[data-force~="${STATES[name]}"]`);
      owner.insertRule(`${selector} { ${rule.style.cssText} }`, index + 1);
    }
  };
  for (const sheet of document.styleSheets) if (sheet.href?.includes("/house.css")) double(sheet);

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const painted = (...colours) => {
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const luminance = (channels) => {
    const [red, green, blue] = channels.map((each) => each / 255).map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const measure = () => {
    for (const swatch of document.querySelectorAll("[data-measure]")) {
      const style = getComputedStyle(swatch);
      if (style.backgroundImage !== "none") continue;
      const ground = getComputedStyle(swatch).getPropertyValue("--ground");
      const [dark, light] = [painted(ground), painted(ground, style.backgroundColor)].map(luminance).sort((a, b) => a - b);
      swatch.nextElementSibling.dataset.contrast = `${((light + 0.05) / (dark + 0.05)).toFixed(2)} : 1`;
    }
  };
  new MutationObserver(measure).observe(document.body, { subtree: true, childList: true });
  measure();
})();
