// Keyboard shortcuts; every page works without them. It asks nothing of any host and keeps nothing.
"use strict";
(() => {
  const rows = [...document.querySelectorAll("[data-rows] tbody tr")].filter((row) => row.querySelector("[data-open]"));
  const keys = document.querySelector("[data-keys]");
  if (keys) keys.hidden = false;
  const move = (step) => {
    const links = rows.map((row) => row.querySelector("[data-open]"));
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
    if (next) next.focus();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else {
      const button = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
      if (button) button.click();
    }
  });
})();
