// Keeps a page fresh without flicker: asks for it again and replaces only the parts that changed.
"use strict";
(() => {
  const every = Number(document.body.dataset.refresh || 0) * 1000;
  if (!every) return;
  const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
  const order = (map) => [...map.keys()].join("\n");

  function bring(fresh) {
    const old = parts(document), now = parts(fresh);
    if (order(old) !== order(now)) {
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      return;
    }
    for (const [name, node] of now) {
      const shown = old.get(name);
      if (shown.innerHTML === node.innerHTML && shown.className === node.className) continue;
      const focused = shown.contains(document.activeElement) ? document.activeElement.id : "";
      shown.className = node.className;
      shown.innerHTML = node.innerHTML;
      if (focused) document.getElementById(focused)?.focus();
    }
  }

  async function refresh() {
    const stale = document.getElementById("stale");
    try {
      if (!document.hidden) {
        const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
        if (!answer.ok) throw new Error(answer.status);
        bring(new DOMParser().parseFromString(await answer.text(), "text/html"));
        document.body.dataset.refreshed = String(Number(document.body.dataset.refreshed || 0) + 1);
        if (stale) stale.hidden = true;
      }
    } catch {
      if (stale) stale.hidden = false;
    }
    setTimeout(refresh, every);
  }
  setTimeout(refresh, every);
})();
