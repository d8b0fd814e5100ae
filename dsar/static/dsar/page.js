// Small helps on every page. Nothing depends on them: each page is complete without JavaScript.
"use strict";

// The error summary is read first.
document.querySelector("[data-focus]")?.focus();

// "I'm not sure" clears the rest, and any other box clears "I'm not sure".
const unsure = document.querySelector("input[type=checkbox][value=unspecified]");
if (unsure) {
  const others = [...document.querySelectorAll(`input[name="${unsure.name}"]`)].filter((box) => box !== unsure);
  unsure.addEventListener("change", () => {
    if (unsure.checked) for (const box of others) box.checked = false;
  });
  for (const box of others) box.addEventListener("change", () => {
    if (box.checked) unsure.checked = false;
  });
}

// How many characters are left, once few are; said aloud, politely, at these few only and when the typing rests.
const SAID_AT = [200, 100, 50, 0];
const RESTS = 1000; // milliseconds
for (const hint of document.querySelectorAll("[data-left-for]")) {
  const area = document.getElementById(hint.dataset.leftFor);
  const limit = Number(area.dataset.limit);
  const before = hint.textContent;
  const aloud = Object.assign(document.createElement("p"), { className: "vh" });
  aloud.setAttribute("aria-live", "polite");
  hint.after(aloud);
  const step = (left) => SAID_AT.filter((most) => left <= most).length;
  let said = step(limit - area.value.length);
  let waiting = 0;
  area.addEventListener("input", () => {
    const left = limit - area.value.length;
    hint.textContent = left > SAID_AT[0] ? before : `${hint.dataset.leftWords} ${left}`;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (step(left) > said) aloud.textContent = hint.textContent;
      said = step(left);
    }, RESTS);
  });
}

// The other language keeps what is written on a question, too.
const asked = document.querySelector("form[data-keeps]");
if (asked) for (const link of document.querySelectorAll(".langs a[hreflang]")) link.addEventListener("click", (event) => {
  event.preventDefault();
  const choice = Object.assign(document.createElement("input"), { type: "hidden", name: "language", value: link.hreflang });
  asked.append(choice);
  asked.submit();
});
