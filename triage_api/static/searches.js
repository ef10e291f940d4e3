// The search page's own keys: / goes to the words, Ctrl+Enter searches. The pages work without it.
"use strict";
(() => {
  const form = document.querySelector("form[data-search]");
  if (!form) return;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("form") === form) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "/" && vigieKeys.meant(event)) {
      event.preventDefault(); // browsers search the page
      (form.querySelector("[data-query]") || form.querySelector("#f-query")).focus();
    }
  });
})();
