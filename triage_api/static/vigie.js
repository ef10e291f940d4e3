// Keyboard shortcuts; every page works without them. It asks nothing of any host, and keeps one thing in this browser:
// that its user turned the shortcuts of one letter off (WCAG 2.2, 2.1.4), which other scripts here ask too.
"use strict";
window.vigieKeys = (() => {
  const OFF = "vigie-keys-off";
  let off = false;
  try { off = localStorage.getItem(OFF) === "1"; } catch { /* a browser that keeps nothing */ }
  const turn = (to) => {
    off = to;
    try { if (off) localStorage.setItem(OFF, "1"); else localStorage.removeItem(OFF); } catch { /* for this page only */ }
  };
  // A key that is meant as a shortcut: not while typing, not together with others. Nobody types in a box that is ticked:
  // whoever has just chosen a verdict goes on by keys.
  const FIELDS = "textarea, select, input:not([type=radio], [type=checkbox])";
  const meant = (event) => !off && !event.target.closest(FIELDS) && !event.ctrlKey && !event.metaKey && !event.altKey;
  return { FIELDS, meant, turn, off: () => off };
})();
(() => {
  for (const told of document.querySelectorAll("[data-keys]")) told.hidden = false;
  const keys = document.querySelector("details[data-keys]");
  const list = () => {
    keys.open = !keys.open;
    keys.querySelector("summary").focus();
  };
  const button = document.querySelector("[data-keys-switch]");
  const tell = () => button.setAttribute("aria-pressed", String(vigieKeys.off()));
  if (button) {
    tell();
    button.addEventListener("click", () => { vigieKeys.turn(!vigieKeys.off()); tell(); });
  }
  const move = (step) => {
    const links = [...document.querySelectorAll("[data-rows] tbody tr [data-open]")];
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
    if (next) next.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest(vigieKeys.FIELDS)) event.target.blur();
    if (!vigieKeys.meant(event)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?" && keys) list();
    else if (!event.repeat) { // a key that is held would go on on the next page, and skip one item after the other
      const button = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
      if (button) button.click();
    }
  });
})();
// A change of language asks for the page anew: whoever has typed something is asked before it goes.
(() => {
  const form = document.querySelector("form[data-leaves]");
  const differs = (field) =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected))
        : field.value !== field.defaultValue;
  const typed = () => [...document.querySelectorAll("main input, main textarea, main select")].some(differs);
  if (form) form.addEventListener("submit", (event) => { if (typed() && !confirm(form.dataset.leaves)) event.preventDefault(); });
})();
