// The page's one script: filters what is shown, goes from finding to finding, and opens what is
// folded where a link, a search or the printer needs it. It reads the page and nothing else.
"use strict";
(() => {
  const form = document.getElementById("filters");
  const words = document.getElementById("words");
  const rule = document.getElementById("rule");
  const suppressed = document.getElementById("suppressed");
  const told = document.getElementById("told");
  const unfold = document.getElementById("unfold");
  const folds = [...document.querySelectorAll("main details")];
  const items = [...document.querySelectorAll("[data-filter]")];
  const findings = items.filter((item) => item.matches(".finding"));
  const total = findings.filter((finding) => !("suppressed" in finding.dataset)).length;

  // What a finding says stands above the places that it is said of, and is searched with each.
  const text = (item) => {
    const above = [item.closest(".fault")?.querySelector("h4"), item.closest(".rule")?.querySelector("summary")];
    return [item, ...above].map((part) => part?.textContent ?? "").join(" ").toLowerCase();
  };
  const texts = new Map(items.map((item) => [item, text(item)]));

  // What names no severity or rule, as a server does, is only looked for by words.
  const wanted = (item, asked) =>
    asked.words.every((word) => texts.get(item).includes(word)) &&
    (!item.dataset.severity || asked.severities.has(item.dataset.severity)) &&
    (!asked.rule || !("rule" in item.dataset) || item.dataset.rule === asked.rule) &&
    (asked.suppressed || !("suppressed" in item.dataset));

  const showAbove = (item) => {
    for (let at = item.parentElement?.closest("details"); at; at = at.parentElement?.closest("details")) at.open = true;
  };

  const apply = () => {
    const boxes = form.querySelectorAll("[name=severity]:checked");
    const asked = {
      words: words.value.toLowerCase().split(/\s+/).filter(Boolean),
      severities: new Set([...boxes].map((box) => box.value)),
      rule: rule.value,
      suppressed: suppressed.checked,
    };
    for (const item of items) item.hidden = !wanted(item, asked);
    for (const group of document.querySelectorAll(".fault, .rule")) {
      const shown = group.querySelectorAll(".finding:not([hidden])").length;
      group.hidden = shown === 0;
      const count = group.querySelector(":scope > summary .count");
      if (count) count.textContent = shown === 1 ? "1 finding" : `${shown} findings`;
    }
    // A fold whose contents are all filtered away says nothing.
    for (const fold of document.querySelectorAll(".more")) {
      fold.hidden = !fold.querySelector("[data-filter]:not([hidden])");
    }
    const shown = findings.filter((finding) => !finding.hidden);
    if (asked.words.length || asked.rule) shown.forEach(showAbove);
    told.textContent = `${shown.length} of ${total} findings`;
  };

  const go = (step) => {
    const shown = findings.filter((finding) => !finding.hidden);
    const at = shown.indexOf(document.activeElement.closest(".finding"));
    const next = shown[at < 0 ? (step > 0 ? 0 : shown.length - 1) : at + step];
    if (!next) return;
    showAbove(next);
    next.focus();
  };

  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.matches("details")) target.open = true;
  };

  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  unfold.addEventListener("click", () => {
    const open = folds.some((fold) => !fold.open);
    for (const fold of folds) fold.open = open;
    unfold.textContent = open ? "Collapse all" : "Expand all";
  });
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
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", () => {
    for (const fold of folds) fold.open = true;
  });
  form.hidden = false;
  apply();
  follow();
})();
