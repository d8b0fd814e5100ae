// Finds the number that the server asks for when a network sends very many requests. Without it the page names two other ways.
"use strict";

const form = document.querySelector("[data-work]");

async function solve(question, bits) {
  const encoder = new TextEncoder();
  for (let number = 0; ; number += 1) {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${question}:${number}`));
    if (new DataView(digest).getUint32(0) >>> (32 - bits) === 0) return number;
  }
}

if (form && globalThis.crypto?.subtle) {
  const progress = document.querySelector("[data-working]");
  progress.hidden = false;
  solve(form.dataset.work, Number(form.dataset.bits)).then((number) => {
    form.elements.work.value = number;
    progress.textContent = progress.dataset.done;
    form.hidden = false;
  });
}
