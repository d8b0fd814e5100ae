// Finds the number that the server asks for (ALTCHA, PBKDF2). Without this script the page names other ways.
"use strict";

const form = document.querySelector("[data-work]");
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function solve({ nonce, salt, cost, keyLength, keyPrefix }) {
  const start = bytesOf(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  const way = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(salt), iterations: cost };
  for (let counter = 0; ; counter += 1) {
    new DataView(password.buffer).setUint32(start.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hexOf(new Uint8Array(await crypto.subtle.deriveBits(way, key, keyLength * 8)));
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey };
  }
}

if (form && globalThis.crypto?.subtle) {
  const progress = document.querySelector("[data-working]");
  const challenge = JSON.parse(form.dataset.work);
  progress.hidden = false;
  solve(challenge.parameters).then((solution) => {
    form.elements.work.value = btoa(JSON.stringify({ challenge, solution }));
    progress.textContent = progress.dataset.done;
    form.hidden = false;
  });
}
