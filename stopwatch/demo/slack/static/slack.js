// Asks for the channel anew every second and sends what people do to the control API.
"use strict";
const channel = document.body.dataset.channel;
const messages = document.getElementById("messages");
const modal = document.getElementById("modal");
const words = document.getElementById("words");
const user = document.getElementById("user");
const drawn = { messages: null, modal: null };
let thread = null;

async function order(path, body) {
  const answer = await fetch("/control/" + path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) { alert((await answer.json()).error); }
  await refresh();
}

function show(name, place, html) {
  if (drawn[name] === html) { return; }
  drawn[name] = html;
  const low = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  const typed = [...place.querySelectorAll("form.modal [name]")].map((field) => [field.name, field.value]);
  const before = place.querySelector("form.modal")?.dataset.view;
  place.innerHTML = html;
  if (low) { place.scrollTop = place.scrollHeight; }
  for (const field of place.querySelectorAll("[data-at]")) {
    const at = Number(field.dataset.at) * 1000;
    if (at) { field.value = new Date(at - new Date(at).getTimezoneOffset() * 60000).toISOString().slice(0, 16); }
  }
  if (before && before === place.querySelector("form.modal")?.dataset.view) {
    for (const [name, value] of typed) {
      const field = place.querySelector(`[name="${CSS.escape(name)}"]`);
      if (field) { field.value = value; }
    }
  }
}

async function refresh() {
  const answer = await fetch("/page/" + encodeURIComponent(channel));
  if (!answer.ok) { return; }
  const parts = await answer.json();
  const open = messages.querySelector("details[open]");
  if (!open) { show("messages", messages, parts.messages); }
  show("modal", modal, parts.modal);
}

messages.addEventListener("click", async (event) => {
  const part = event.target.closest("[data-action]");
  const reply = event.target.closest("[data-thread]");
  const shortcut = event.target.closest("[data-shortcut]");
  if (shortcut) {
    const ts = shortcut.closest("article").dataset.ts;
    await order("shortcut", { channel, ts, user: user.value, callback_id: shortcut.dataset.shortcut });
  } else if (part) {
    if (part.dataset.confirm && !confirm(part.dataset.confirm)) { event.preventDefault(); return; }
    const ts = part.closest("article").dataset.ts;
    part.classList.add("busy");
    part.closest("details")?.removeAttribute("open");
    await order("click", {
      channel, ts, user: user.value, action_id: part.dataset.action, value: part.dataset.value ?? null });
    part.classList.remove("busy");
  } else if (reply) {
    thread = reply.dataset.thread;
    words.placeholder = "Reply in the thread (Esc for the channel)";
    words.focus();
  }
});

words.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { thread = null; words.placeholder = "Message the channel"; }
});

document.getElementById("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = words.value.trim();
  words.value = "";
  const command = /^\/(\S+)\s*([\s\S]*)$/.exec(text);
  if (command && !thread) {
    await order("command", { channel, user: user.value, command: "/" + command[1], text: command[2] });
  } else if (text) {
    await order("messages", { channel, user: user.value, text, thread_ts: thread });
  }
});

modal.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const values = {};
  for (const field of form.querySelectorAll("[name]")) {
    const moment = field.dataset.kind === "datetimepicker" && field.value;
    values[field.name] = moment ? Math.floor(new Date(field.value).getTime() / 1000) : field.value;
  }
  await order("submit", { view: form.dataset.view, user: form.dataset.user, values });
});

modal.addEventListener("click", async (event) => {
  if (event.target.closest("[data-close]")) {
    await order("close", { view: event.target.closest("form").dataset.view });
  }
});

messages.scrollTop = messages.scrollHeight;
setInterval(() => refresh().catch(() => {}), 1000);
