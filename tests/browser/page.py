"""Opens an HTML report in headless Chromium: no request, no error, legible at 1280 and 390 pixels in
both colour schemes, nothing wider than its box, usable with the keyboard, filterable, printable.

usage: page.py REPORT.html FOLDER-FOR-SCREENSHOTS [MOST-PIXELS]

With MOST-PIXELS only the size of the page as it is opened is looked at, which is for large reports: no
taller than that at 1280 pixels, the findings in its first quarter, nothing wider than its box.

Needs the package playwright and a Chromium at /usr/bin/chromium or in $CHROMIUM. The screenshots are
for a person to look at; what can be measured is asserted here.
"""

import os
import pathlib
import sys

from playwright.sync_api import Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WIDTHS = [1280, 390]

# Every text on the page against the ground behind it (WCAG 2.2, 1.4.3: 4.5 to 1), and its size.
CONTRAST = """
() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((n) => n / 255).map((n) =>
      n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest("svg, script, [hidden], .skip, legend")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(style.color), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faults.push(`${contrast.toFixed(2)} to 1: ${element.textContent.slice(0, 40)}`);
    if (parseFloat(style.fontSize) < 12) faults.push(`${style.fontSize}: ${element.textContent.slice(0, 40)}`);
  }
  return faults;
}
"""


# Every text lies inside its box: nothing is cut off where it cannot be scrolled to, and no label of a
# drawing is wider than its rectangle.
BEYOND = """
() => {
  const faults = [];
  const named = (element) => `${element.tagName} ${element.className?.baseVal ?? element.className}: ${element.textContent.slice(0, 60)}`;
  for (const element of document.querySelectorAll("body *:not(script, style, .skip, .worst, svg, svg *)")) {
    const style = getComputedStyle(element);
    if (style.display === "inline" || style.display === "none" || !element.clientWidth) continue;
    if (["auto", "scroll"].includes(style.overflowX)) continue;
    if (element.closest("legend, pre, .wide")) continue;
    if (element.scrollWidth > element.clientWidth + 1) faults.push(`${element.scrollWidth} in ${element.clientWidth}: ${named(element)}`);
  }
  for (const node of document.querySelectorAll("svg .node")) {
    const [box, label] = [node.querySelector("rect"), node.querySelector("text")].map((part) => part.getBBox());
    if (label.x + label.width > box.x + box.width) faults.push(`runs out of its box: ${named(node)}`);
  }
  return faults;
}
"""


def main() -> None:
    report, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    tallest = int(sys.argv[3]) if len(sys.argv) > 3 else None
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        if tallest:
            size(browser, report, tallest, folder)
        else:
            for scheme in ("light", "dark"):
                for width in WIDTHS:
                    look(browser, report, scheme, width, folder)
            print_it(browser, report, folder)
        browser.close()


def opened(browser, report: pathlib.Path, told: list[str], **options) -> Page:
    page = browser.new_context(**options).new_page()
    address = report.as_uri()
    page.on("console", lambda message: told.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: told.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: request.url in (address, "data:,") or told.append(f"request: {request.url}"),
    )
    page.goto(address)
    return page


def look(browser, report: pathlib.Path, scheme: str, width: int, folder: pathlib.Path) -> None:
    told: list[str] = []
    size = {"width": width, "height": 900}
    page = opened(browser, report, told, viewport=size, color_scheme=scheme)
    page.screenshot(path=folder / f"{scheme}-{width}.png", full_page=True)
    fits(page, f"{scheme} {width}")
    page.click("#unfold")
    page.screenshot(path=folder / f"{scheme}-{width}-open.png", full_page=True)
    fits(page, f"{scheme} {width}, all open")
    page.click("#unfold")
    links(page)
    filters(page)
    keyboard(page)
    assert not told, told
    page.context.close()


def fits(page: Page, what: str) -> None:
    beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert beyond <= 0, f"{what}: the page is {beyond} pixels too wide"
    for measure in (BEYOND, CONTRAST):
        faults = page.evaluate(measure)
        assert not faults, f"{what}: {faults}"


def size(browser, report: pathlib.Path, tallest: int, folder: pathlib.Path) -> None:
    told: list[str] = []
    for width in WIDTHS:
        page = opened(browser, report, told, viewport={"width": width, "height": 900})
        page.screenshot(path=folder / f"light-{width}.png", full_page=True)
        fits(page, f"{width}")
        if width == WIDTHS[0]:
            pixels = page.evaluate("document.documentElement.scrollHeight")
            assert pixels <= tallest, f"the page is {pixels} pixels tall"
            findings = page.evaluate("document.getElementById('findings').getBoundingClientRect().top")
            assert findings <= tallest / 4, f"the findings begin {findings} pixels down"
        page.context.close()
    assert not told, told


def links(page: Page) -> None:
    """Every address on the page leads somewhere on it, and a rule's opens it."""
    lost = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.hash.slice(1))"
        ".filter((id) => !document.getElementById(id))"
    )
    assert not lost, lost
    rule = page.evaluate("document.querySelector('.rule:not([hidden])').id")
    page.evaluate(f"document.getElementById('{rule}').open = false; location.hash = ''; location.hash = '{rule}'")
    until(page, f"document.getElementById('{rule}').open")


def until(page: Page, condition: str) -> None:
    """Waits for what an event brings. The page's policy forbids what the driver would wait with."""
    for _ in range(50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never: {condition}")


def shown(page: Page) -> int:
    """Findings that no filter hides; a fold may."""
    return page.locator(".finding:not([hidden])").count()


def filters(page: Page) -> None:
    everything = shown(page)
    assert everything > 2, "the report has findings"
    for box in page.locator("[name=severity]").all():
        box.uncheck()
    assert shown(page) == 0
    page.get_by_role("button", name="Reset").click()
    until(page, f"document.querySelectorAll('.finding:not([hidden])').length === {everything}")
    page.select_option("#rule", index=1)
    rule = page.input_value("#rule")
    rules = {f.get_attribute("data-rule") for f in page.locator(".finding:not([hidden])").all()}
    assert rules <= {rule}, rules
    hidden = page.locator(".finding:not([hidden])").filter(visible=False).count()
    assert hidden == 0, f"{hidden} findings that were asked for stay folded"
    page.get_by_role("button", name="Reset").click()
    page.fill("#words", "no such word anywhere")
    assert shown(page) == 0 and page.locator(".server:visible").count() == 0
    assert page.inner_text("#told").startswith("0 of")
    page.fill("#words", "")
    page.check("#suppressed")
    assert shown(page) >= everything
    page.uncheck("#suppressed")
    assert shown(page) == everything


def keyboard(page: Page) -> None:
    focused = "document.activeElement.className || document.activeElement.id"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    first = page.evaluate(focused)
    page.keyboard.press("/")
    assert page.evaluate(focused) == "words", (first, page.evaluate(focused))
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.evaluate(focused).startswith("finding"), page.evaluate(focused)
    page.keyboard.press("n")
    page.keyboard.press("p")
    at = page.evaluate("[...document.querySelectorAll('.finding:not([hidden])')].indexOf(document.activeElement)")
    assert at == 0, at
    assert page.locator(".finding:focus").is_visible(), "the fold around it opens"


def print_it(browser, report: pathlib.Path, folder: pathlib.Path) -> None:
    told: list[str] = []
    page = opened(browser, report, told, viewport={"width": 1280, "height": 900})
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    page.pdf(path=folder / "report.pdf", format="A4")
    assert all(page.evaluate("[...document.querySelectorAll('details')].map((d) => d.open)"))
    assert not told, told
    page.context.close()


if __name__ == "__main__":
    main()
