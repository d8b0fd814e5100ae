// The end of a session: a polite warning before it, one button to stay, and nothing of the person left on the screen after it.
"use strict";

const closing = document.querySelector("[data-closing]");
const warning = closing.firstElementChild;
const stayed = closing.querySelector("[data-stayed]");
const lasts = Number(closing.dataset.afterMinutes);
const minutesBefore = 5;
let since = Date.now();
let wasAt = null; // where the person was before they went to the warning

// By the clock and not by a count of ticks: a laptop that slept must not show an old page.
function look() {
  const minutes = (Date.now() - since) / 60000;
  if (minutes >= lasts) location.replace(closing.dataset.over);
  else warning.hidden = minutes < lasts - minutesBefore;
}
setInterval(look, 10000);
document.addEventListener("visibilitychange", look);

warning.addEventListener("focusin", (event) => {
  if (event.relatedTarget && !warning.contains(event.relatedTarget)) wasAt = event.relatedTarget;
});

// Only this answer counts as a sign of the person; the form below the page does the same without JavaScript.
warning.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const over = new URL(closing.dataset.over, location.href).pathname;
    if (!answer.ok || new URL(answer.url).pathname === over) return location.replace(over);
  } catch {
    return form.submit();
  }
  since = Date.now();
  const back = wasAt?.isConnected ? wasAt : document.querySelector("h1");
  if (back.tabIndex < 0) back.tabIndex = -1;
  back.focus({ preventScroll: true });
  warning.hidden = true;
  stayed.textContent = stayed.dataset.stayed;
});
