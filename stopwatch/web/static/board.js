// Keeps a page fresh without flicker: asks for it again and changes only what differs, so that focus, scrolling,
// opened details and half-filled forms stay as they are.
"use strict";
(() => {
  const every = Number(document.body.dataset.refresh || 0) * 1000;
  if (!every) return;
  const ours = new Set(["open", "hidden"]); // What a reader or this script has set is not taken back.
  const name = (node) => (node.dataset && node.dataset.part) || node.id || "";

  function attributes(shown, fresh) {
    for (const { name: key, value } of fresh.attributes) {
      if (!ours.has(key) && shown.getAttribute(key) !== value) shown.setAttribute(key, value);
    }
    for (const { name: key } of [...shown.attributes]) {
      if (!ours.has(key) && !fresh.hasAttribute(key)) shown.removeAttribute(key);
    }
  }

  function alike(shown, fresh) {
    return shown.nodeType === fresh.nodeType && shown.nodeName === fresh.nodeName && name(shown) === name(fresh);
  }

  function children(shown, fresh) {
    const named = new Map([...shown.children].filter(name).map((node) => [name(node), node]));
    let place = shown.firstChild;
    for (const next of [...fresh.childNodes]) {
      const known = named.get(name(next));
      let here = known && alike(known, next) ? known : place && !name(place) && alike(place, next) ? place : null;
      if (!here) {
        shown.insertBefore(document.importNode(next, true), place);
        continue;
      }
      if (here === place) place = place.nextSibling;
      else shown.insertBefore(here, place);
      morph(here, next);
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  }

  function morph(shown, fresh) {
    if (shown.nodeType !== Node.ELEMENT_NODE) {
      if (shown.nodeValue !== fresh.nodeValue) shown.nodeValue = fresh.nodeValue;
      return;
    }
    if (shown.hasAttribute("data-keep") || shown.isEqualNode(fresh)) return;
    attributes(shown, fresh);
    children(shown, fresh);
  }

  function bring(fresh) {
    const shown = document.querySelector("main"), next = fresh.querySelector("main");
    const changed = document.getElementById("changed");
    if (changed) changed.hidden = shown.dataset.version === next.dataset.version;
    if (!changed) shown.dataset.version = next.dataset.version || "";
    document.title = fresh.title;
    children(shown, next);
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
