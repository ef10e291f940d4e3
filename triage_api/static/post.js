// The reading pane by keyboard, and a search box over the grid; the page works without. It asks nothing of any host.
"use strict";
(() => {
  const decision = document.getElementById("decision");
  const marks = [...document.querySelectorAll(".text mark")];

  const toMark = (step) => {
    if (!marks.length) return;
    const at = marks.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : marks.length - 1) : (at + step + marks.length) % marks.length;
    marks[next].focus();
    marks[next].scrollIntoView({ block: "nearest" });
  };
  const verdict = (number) => {
    const radios = document.querySelectorAll("input[name=verdict]");
    const radio = radios[number - 1];
    if (!radio) return;
    radio.checked = true;
    radio.focus();
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const reason = () => {
    const field = decision && decision.querySelector("[name=reason]");
    if (field) field.focus();
    return Boolean(field);
  };
  const pressed = (event) => {
    if (event.key === "n") toMark(1);
    else if (event.key === "p") toMark(-1);
    else if (/^[1-5]$/.test(event.key)) verdict(Number(event.key));
    else return event.key === "e" && reason();
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.form || event.target.closest("form") || decision;
      if (form) {
        event.preventDefault();
        if (!event.repeat) form.requestSubmit(); // held too long: once
      }
      return;
    }
    if (vigieKeys.meant(event) && pressed(event)) event.preventDefault();
  });

  // A form beside the text takes along what is half written in the others: the answer shows it again.
  const written = (form) =>
    [...document.querySelectorAll("#decision, form[data-carry]")]
      .filter((other) => other !== form)
      .flatMap((other) => [...new FormData(other)])
      .filter(([name, value]) => ["verdict", "criteria", "reason", "note", "what", "why"].includes(name) && value);
  for (const form of document.querySelectorAll("form[data-carry]")) {
    form.addEventListener("submit", () => {
      for (const [name, value] of written(form)) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        field.value = value;
        form.append(field);
      }
    });
  }

  // The search box over the grid.
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  for (const picker of document.querySelectorAll("[data-picker]")) {
    const box = picker.querySelector("[data-seek]");
    const field = box.querySelector("input");
    const none = box.querySelector("[data-none]");
    const labels = [...picker.querySelectorAll("label.tick")];
    const words = new Map(
      labels.map((label) => [label, folded(label.textContent + " " + (label.querySelector("[title]")?.title || ""))])
    );
    box.hidden = false;
    field.addEventListener("input", () => {
      const asked = folded(field.value).split(/\s+/).filter(Boolean);
      for (const label of labels) label.hidden = !asked.every((word) => words.get(label).includes(word));
      for (const family of picker.querySelectorAll("[data-family]"))
        family.hidden = ![...family.querySelectorAll("label.tick")].some((label) => !label.hidden);
      for (const part of picker.querySelectorAll("details")) part.open = asked.length > 0;
      none.hidden = labels.some((label) => !label.hidden);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault(); // it would record the decision
      const found = labels.filter((label) => !label.hidden);
      if (found.length === 1) found[0].querySelector("input").click();
    });
  }
})();
