// Sends a file in slices and goes on where it was: a connection that is lost costs a slice, a page that is closed costs nothing
// when the same file is chosen again. A form with `data-slices` sends its files so before it is sent itself; without JavaScript,
// or where the browser cannot reckon a SHA-256, its files go with it.
"use strict";

const WAITS = [1, 2, 4, 8, 15, 30]; // seconds between two tries
const LONGEST = 90; // seconds for one slice, before the line counts as lost
const STUCK = 5; // answers in a row after which nothing more had arrived

class Cancelled extends Error {}
class Refused extends Error {} // its message is for the person
class Over extends Error {} // this page may send no file any more

const canSlice = () => Boolean(globalThis.crypto?.subtle);

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

// What the person sees and hears of a file on its way.
class Sending {
  constructor(box, file) {
    this.box = box;
    this.file = file;
    this.list = box.querySelector("[data-list]");
    this.bar = box.querySelector("progress");
    this.retry = box.querySelector("[data-retry]");
    this.cancelled = false;
    this.isLost = false;
    this.quarter = 0;
    const name = file.name.slice(0, 80);
    for (const line of box.querySelectorAll("[data-name]")) line.textContent = ` ${name}`;
    this.bar.setAttribute("aria-label", fill(box.dataset.bar, { name }));
    this.list.hidden = false;
    this.at(0);
    box.querySelector("[data-cancel]").onclick = () => {
      this.cancelled = true;
      this.request?.abort();
      this.wake?.();
    };
    box.querySelector("[data-again]").onclick = () => this.wake?.();
  }

  say(words, refused = false) {
    const said = this.box.querySelector("[data-said]");
    this.box.classList.toggle("error", refused);
    said.classList.toggle("why-not", refused);
    said.textContent = words;
  }

  get percent() {
    return Math.floor((100 * this.sent) / this.file.size);
  }

  get said() {
    return `${this.percent}\u00a0%`;
  }

  at(sent) {
    this.sent = sent;
    const size = (this.file.size / 1048576).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
    this.bar.value = this.percent;
    this.box.querySelector("[data-how-far]").textContent = fill(this.box.dataset.figure, { percent: this.said, size });
    if (Math.floor(this.percent / 25) > this.quarter && !this.isLost) {
      this.quarter = Math.floor(this.percent / 25);
      this.say(this.said);
    }
  }

  lost() {
    if (this.isLost) return;
    this.isLost = true;
    this.retry.hidden = false;
    this.say(this.box.dataset.lost);
  }

  back() {
    if (!this.isLost) return;
    this.isLost = false;
    this.retry.hidden = true;
    this.say(this.box.dataset.back);
  }

  // Until the time is up, the connection is back, or a button is pressed.
  wait(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), seconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        removeEventListener("online", this.wake);
        resolve();
      };
      addEventListener("online", this.wake);
    });
  }

  close() {
    this.list.hidden = true;
    this.retry.hidden = true;
  }
}

// XMLHttpRequest and not fetch: it tells how much has been sent.
function once(sending, url, body, headers = {}, progress = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    sending.request = request;
    request.open("POST", url);
    request.timeout = LONGEST * 1000;
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = request.onabort = () => reject(new Error("line"));
    request.send(body);
  });
}

// Tries until there is an answer, with waits that grow.
async function until(sending, ...what) {
  for (let tries = 0; ; tries += 1) {
    if (sending.cancelled) throw new Cancelled();
    const answer = await once(sending, ...what).catch(() => null);
    if (sending.cancelled) throw new Cancelled();
    if (answer && answer.status < 500 && answer.status !== 429) {
      sending.back();
      return answer;
    }
    sending.lost();
    await sending.wait(WAITS[Math.min(tries, WAITS.length - 1)]);
  }
}

async function sha256(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const boxOf = (form) => form.querySelector("[data-sending]") ?? document.querySelector("[data-sending]");
const tokenOf = (form) => form.querySelector("[name=csrfmiddlewaretoken]").value;

// Brings one file to the server and returns its number there. Throws Cancelled, Refused, Over.
async function sendInSlices(form, file) {
  const sending = new Sending(boxOf(form), file);
  const base = form.dataset.slices;
  let number = "";
  try {
    const sum = await sha256(file);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const named = new URLSearchParams({ csrfmiddlewaretoken: tokenOf(form), sha256: sum, size: file.size });
      const begun = await until(sending, base, named);
      if (begun.status === 422) throw new Refused(JSON.parse(begun.responseText).problem);
      if (begun.status !== 200) throw new Over();
      const { upload, held, slice } = JSON.parse(begun.responseText);
      number = upload;
      if (await sendSlices(form, sending, `${base}${upload}/`, held, slice)) return upload;
    }
    throw new Refused(sending.box.dataset.failed);
  } catch (reason) {
    if (reason instanceof Cancelled) {
      sending.say(sending.box.dataset.cancelled);
      // Nobody waits for it: what does not arrive is swept.
      if (number) fetch(`${base}${number}/end/`, { method: "POST", headers: { "X-CSRFToken": tokenOf(form) } }).catch(() => {});
    } else if (reason instanceof Refused) {
      sending.say(reason.message, true);
    }
    throw reason;
  } finally {
    sending.close();
  }
}

// True once all of it is there; false when the server has forgotten it meanwhile, and it must begin anew.
async function sendSlices(form, sending, url, from, slice) {
  const { file } = sending;
  const headers = { "X-CSRFToken": tokenOf(form), "Content-Type": "application/octet-stream" };
  let held = from;
  let stuck = 0;
  sending.at(held);
  if (held) sending.say(fill(sending.box.dataset.resumed, { percent: sending.said }));
  while (held < file.size) {
    const here = held;
    const answer = await until(sending, `${url}?at=${here}`, file.slice(here, here + slice), headers, (loaded) => {
      sending.at(Math.min(file.size, here + loaded));
    });
    if (answer.status === 404) return false;
    if (answer.status !== 200) throw new Over();
    held = JSON.parse(answer.responseText).held;
    stuck = held === here ? stuck + 1 : 0;
    if (stuck === STUCK) throw new Refused(sending.box.dataset.failed);
    sending.at(held);
  }
  return true;
}

// A label that looks like a button over the real input, and what was chosen, said aloud.
for (const pick of document.querySelectorAll("[data-pick]")) {
  const input = pick.querySelector("input");
  const box = pick.parentElement.querySelector("[data-sending]");
  pick.classList.add("pick");
  pick.querySelector("label").hidden = false;
  input.addEventListener("change", () => {
    const names = [...input.files].map((file) => file.name.slice(0, 80)).join(", ");
    box.querySelector("[data-said]").textContent = names ? fill(box.dataset.chosen, { name: names }) : "";
  });
}

for (const form of document.querySelectorAll("form[data-slices]:not([data-upload])")) {
  const input = form.querySelector("input[type=file]");
  let busy = false;
  form.addEventListener("submit", async (event) => {
    if (busy) return event.preventDefault();
    if (!input.files.length || !canSlice() || event.submitter?.hasAttribute("formaction")) return; // another button of the form
    event.preventDefault();
    busy = true;
    const numbers = [];
    try {
      for (const file of input.files) numbers.push(await sendInSlices(form, file));
    } catch (reason) {
      busy = false;
      if (reason instanceof Over) return form.submit(); // the server says why
      input.value = "";
      return input.focus();
    }
    input.value = "";
    for (const number of numbers) {
      const hidden = document.createElement("input");
      Object.assign(hidden, { type: "hidden", name: "uploaded", value: number });
      form.append(hidden);
    }
    form.submit();
  });
}
