// The queue's own keys, and what comes new while the page is open. The page works without it.
"use strict";
(() => {
  const press = (found) => { if (found) found.click(); };
  // The button of the row that one is at; at none, of the first that one may take: what a colleague holds has none, and
  // what one passed over is for others.
  const button = (key) => {
    const chosen = document.activeElement.closest("[data-rows] tbody tr");
    if (chosen) return chosen.querySelector(`[data-row-key="${key}"]`);
    return document.querySelector(`[data-rows] tr:not([data-passed]) [data-row-key="${key}"]`);
  };
  document.addEventListener("keydown", (event) => {
    if (!vigieKeys.meant(event)) return;
    if (event.key === "c" || event.key === "s") {
      press(button(event.key));
    } else if (/^\d$/.test(event.key)) {
      press(document.querySelector(`[data-lane-key="${event.key}"]`));
    } else if (event.key === "/") {
      event.preventDefault(); // browsers search the page
      document.querySelector("[data-filters] select").focus();
    }
  });
})();
(() => {
  const EVERY = 15_000; // milliseconds
  const live = document.querySelector("[data-news]");
  const known = new Set(live.dataset.news.split(" "));
  let count = Number(live.dataset.count), missed = 0, asking = false, fresh = 0;
  const title = document.title;

  const say = (words, path) => {
    const told = document.createElement(path ? "a" : "p");
    if (path) told.href = path;
    told.textContent = words;
    live.replaceChildren(told);
  };

  const insert = async (identity) => {
    const list = document.querySelector("[data-takes-news]");
    if (!list || document.getElementById(identity)) return;
    const answer = await fetch(`/api/queue/${encodeURIComponent(identity)}/row`, { redirect: "error" });
    if (!answer.ok) return;
    const made = document.createElement("template");
    made.innerHTML = await answer.text(); // a row of our own page, escaped as the page is
    const line = made.content.querySelector("tr");
    const mark = document.createElement("strong");
    mark.textContent = ` ${live.dataset.saidMark}`;
    line.classList.add("fresh");
    line.cells[0].append(mark);
    list.prepend(line);
    document.querySelector("[data-list]").hidden = false;
    document.querySelector("[data-nothing]")?.remove();
  };

  const take = async (news) => {
    const unseen = news.newest.filter((identity) => !known.has(identity));
    for (const identity of unseen.reverse()) { // the newest comes last, and so first in the list
      known.add(identity);
      await insert(identity);
    }
    fresh += unseen.length;
    if (unseen.length || news.count > count) {
      say(fresh ? `${live.dataset.saidNew} (${fresh})` : live.dataset.saidNew, "/queue?lane=immediate");
      document.title = `(${fresh || "+"}) ${title}`;
    }
    count = news.count;
  };

  const ask = async () => {
    if (document.visibilityState !== "visible" || asking) return;
    asking = true;
    try {
      const answer = await fetch("/api/queue/news", { redirect: "error" });
      if (answer.status === 401 || answer.status === 403) {
        clearInterval(timer);
        say(live.dataset.saidEnded, "/queue");
      } else if (answer.ok) await take(await answer.json());
      else throw new Error(String(answer.status));
      missed = 0;
    } catch {
      missed += 1;
      if (missed === 3) say(live.dataset.saidLost, "/queue");
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
})();
