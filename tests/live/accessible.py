"""What keeps people out: what axe finds, text too faint on the very pixels behind it, and controls too small to hit."""

import io
import re
from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page

AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
SMALLEST_TARGET = 44
LEAST_OF_TIME = 24
LARGE_PIXELS, LARGE_BOLD_PIXELS, BOLD = 24.0, 18.66, 700
"""From this size on, WCAG 2.2 (1.4.3) asks for 3 : 1 instead of 4.5 : 1."""

_NUMBER = re.compile(r"[\d.]+")
_WITHOUT_TEXT = """
*, *::before, *::after, ::placeholder { color: transparent !important; -webkit-text-fill-color: transparent !important;
  text-shadow: none !important; text-decoration-color: transparent !important; caret-color: transparent !important;
  transition: none !important; animation: none !important; }
svg { visibility: hidden !important; }
"""

_HIDE_TEXT = """(rules) => {
  const sheet = new CSSStyleSheet();  // a style element is what the page's policy forbids
  sheet.replaceSync(rules);
  document.adoptedStyleSheets.push(sheet);
}"""

_TEXTS = """() => {
  const found = [];
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const add = (element, text, style, box) => {
    const left = Math.max(0, box.left), top = Math.max(0, box.top);
    const right = Math.min(innerWidth, box.right), bottom = Math.min(innerHeight, box.bottom);
    if (right - left < 2 || bottom - top < 2 || style.webkitTextFillColor === "rgba(0, 0, 0, 0)") return;
    const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    if (!middle || !(element.contains(middle) || middle.contains(element))) return;
    let opacity = 1;
    for (let each = element; each; each = each.parentElement) opacity *= Number(getComputedStyle(each).opacity);
    found.push({ text: text.trim().slice(0, 40), colour: style.color, opacity, box: [left, top, right, bottom],
      size: parseFloat(style.fontSize), weight: Number(style.fontWeight) });
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isUnread = element.closest("[disabled], [inert], [aria-hidden=true], script, style");
    if (!walker.currentNode.data.trim() || !isShown(element) || isUnread) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) add(element, walker.currentNode.data, getComputedStyle(element), box);
  }
  for (const field of document.querySelectorAll("input:not([type=checkbox], [type=radio]), textarea"))
    if (isShown(field) && (field.value || field.placeholder))
      add(field, field.value || field.placeholder, getComputedStyle(field, field.value ? null : "::placeholder"),
        field.getBoundingClientRect());
  return found;
}"""

_SMALL = """([smallest, leastOfTime]) =>
  [...document.querySelectorAll("a[href], button, input, textarea, select, [role=button]")]
  .filter((each) => each.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !each.disabled)
  .filter((each) => !each.closest("p") && !each.matches("[tabindex='-1'], .nicegui-skip-link, [type=hidden]"))
  .filter((each) => !each.matches(".session-block") || each.getBoundingClientRect().height < leastOfTime)
  .map((each) => {
    const own = each.getBoundingClientRect();
    const label = each.closest("label")?.getBoundingClientRect() || own;
    const over = getComputedStyle(each, "::after");
    const stretched = over.position === "absolute" && over.content !== "none" && parseFloat(over.height) >= smallest;
    return { name: each.outerHTML.slice(0, 90), stretched, width: Math.max(own.width, label.width),
      height: Math.max(own.height, label.height) };
  })
  .filter((each) => !each.stretched && each.width > 1 && (each.width < smallest - 0.5 || each.height < smallest - 0.5))
  .map((each) => `${Math.round(each.width)} x ${Math.round(each.height)}: ${each.name}`)"""


def violations(page: Page) -> list[str]:
    """What axe finds fault with, one line for each kind with the places where it is."""
    found = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def faint_texts(page: Page) -> list[str]:
    """Texts in view whose contrast with what is painted behind them is lower than WCAG 2.2 AA asks for."""
    texts: list[dict[str, Any]] = page.evaluate(_TEXTS)
    page.evaluate(_HIDE_TEXT, _WITHOUT_TEXT)
    ground = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.evaluate("() => document.adoptedStyleSheets.pop()")
    faint = []
    for text in texts:
        ratio = _contrast(text, ground)
        is_large = text["size"] >= LARGE_PIXELS or (text["size"] >= LARGE_BOLD_PIXELS and text["weight"] >= BOLD)
        if ratio < (3.0 if is_large else 4.5):
            faint.append(f"{ratio:.2f} : 1 for {text['text']!r}")
    return faint


def small_targets(page: Page) -> list[str]:
    """Controls of less than 44 by 44 CSS pixels; links within a sentence may be as high as its line.

    A session in a week's grid is as high as it is long, and 24 pixels at least.
    """
    small: list[str] = page.evaluate(_SMALL, [SMALLEST_TARGET, LEAST_OF_TIME])
    return small


def is_for_everybody(page: Page) -> None:
    """Nothing of all that is found in what a page shows now, and nobody has to scroll sideways."""
    problems = [*violations(page), *faint_texts(page), *small_targets(page)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        problems.append("the page is wider than the screen")
    assert not problems, "\n".join(problems)


def _contrast(text: dict[str, Any], ground: Image.Image) -> float:
    """Against the least favourable pixels, leaving out the few of a line or an edge."""
    left, top, right, bottom = (round(edge) for edge in text["box"])
    red, green, blue, *alpha = (float(part) for part in _NUMBER.findall(text["colour"]))
    share = (alpha[0] if alpha else 1.0) * text["opacity"]
    region = ground.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    region.thumbnail((60, 20), Image.Resampling.BOX)
    ratios = sorted(
        _ratio(
            [share * own + (1 - share) * behind for own, behind in zip((red, green, blue), pixel, strict=True)], pixel
        )
        for pixel in zip(*[iter(region.tobytes())] * 3, strict=True)
    )
    return ratios[len(ratios) // 20]


def _ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """The contrast of two colours (WCAG 2.2), 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
