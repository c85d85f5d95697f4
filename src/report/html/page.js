// The page's one script: filters what is shown, goes from finding to finding, and opens what is
// folded before printing. It reads the page and nothing else.
"use strict";
(() => {
  const form = document.getElementById("filters");
  const words = document.getElementById("words");
  const rule = document.getElementById("rule");
  const suppressed = document.getElementById("suppressed");
  const told = document.getElementById("told");
  const items = [...document.querySelectorAll("[data-filter]")];
  const findings = items.filter((item) => item.matches(".finding"));
  const texts = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));

  // What names no severity or rule, as a server does, is only looked for by words.
  const wanted = (item, asked) =>
    asked.words.every((word) => texts.get(item).includes(word)) &&
    (!item.dataset.severity || asked.severities.has(item.dataset.severity)) &&
    (!asked.rule || !("rule" in item.dataset) || item.dataset.rule === asked.rule) &&
    (asked.suppressed || !("suppressed" in item.dataset));

  const apply = () => {
    const boxes = form.querySelectorAll("[name=severity]:checked");
    const asked = {
      words: words.value.toLowerCase().split(/\s+/).filter(Boolean),
      severities: new Set([...boxes].map((box) => box.value)),
      rule: rule.value,
      suppressed: suppressed.checked,
    };
    for (const item of items) item.hidden = !wanted(item, asked);
    for (const group of document.querySelectorAll(".group")) {
      const shown = group.querySelectorAll(".finding:not([hidden])").length;
      group.hidden = shown === 0;
      group.querySelector(".count").textContent = String(shown);
    }
    const shown = findings.filter((finding) => !finding.hidden).length;
    told.textContent = `${shown} of ${findings.length} findings`;
  };

  const go = (step) => {
    const shown = findings.filter((finding) => !finding.hidden);
    const at = shown.indexOf(document.activeElement.closest(".finding"));
    const next = shown[at < 0 ? (step > 0 ? 0 : shown.length - 1) : at + step];
    if (next) next.focus();
  };

  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing) return;
    if (event.key === "/") {
      event.preventDefault();
      words.focus();
    }
    if (event.key === "n") go(1);
    if (event.key === "p") go(-1);
  });
  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
  form.hidden = false;
  apply();
})();
