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

// How many characters are left, once few are: said aloud politely.
for (const hint of document.querySelectorAll("[data-left-for]")) {
  const area = document.getElementById(hint.dataset.leftFor);
  const limit = Number(area.dataset.limit);
  const before = hint.textContent;
  hint.setAttribute("aria-live", "polite");
  area.addEventListener("input", () => {
    const left = limit - area.value.length;
    hint.textContent = left > 200 ? before : `${hint.dataset.leftWords} ${left}`;
  });
}
