// The page that takes papers. With JavaScript a picture can be blacked out, by hand or by keyboard, and is added with its progress;
// without it, a button adds the file as it is.
"use strict";

const WIDEST = 2000; // pixels: a card stays readable, and a phone's memory is not exhausted
const STEP = 0.02; // of the picture's sides, for one press of a key

let waiting = []; // files chosen and not yet added
let busy = false; // one is being covered, or on its way

function watch() {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  for (const line of form.querySelectorAll("[data-no-script]")) line.hidden = true;
  const chosen = form.querySelector("input[type=file]");
  chosen.addEventListener("change", () => {
    waiting.push(...chosen.files);
    const box = boxOf(form);
    const name = [...chosen.files].map((file) => file.name.slice(0, 80)).join(", ");
    if (name) box.querySelector("[data-said]").textContent = fill(box.dataset.chosen, { name });
    if (!busy) next(form);
  });
}

function next(form) {
  const file = waiting.shift();
  if (!file) return;
  busy = true;
  if (["image/jpeg", "image/png"].includes(file.type)) mask(form, file);
  else add(form, file);
}

// Blacking out: what is covered is gone from the picture before it leaves this device.
async function mask(form, file) {
  const panel = document.querySelector("[data-mask]");
  const canvas = panel.querySelector("canvas");
  const said = panel.querySelector("[data-area]");
  const paint = canvas.getContext("2d");
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    add(form, file); // the server says why it cannot be opened
    return;
  }
  const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const covered = [];
  let frame = { x: 0.35, y: 0.4, w: 0.3, h: 0.2 };
  let from = null;
  let drawn = false;

  function draw(withFrame = true) {
    const { width, height } = canvas;
    paint.drawImage(picture, 0, 0, width, height);
    paint.fillStyle = "#000";
    for (const one of covered) paint.fillRect(one.x * width, one.y * height, one.w * width, one.h * height);
    if (!withFrame) return;
    paint.lineWidth = Math.max(3, width / 200);
    for (const [color, dash] of [["#fff", []], ["#000", [width / 60, width / 60]]]) {
      paint.strokeStyle = color;
      paint.setLineDash(dash);
      paint.strokeRect(frame.x * width, frame.y * height, frame.w * width, frame.h * height);
    }
    paint.setLineDash([]);
  }

  function tell() {
    const percent = (part) => `${Math.round(part * 100)} %`;
    said.textContent = panel.dataset.words
      .replace("{x}", percent(frame.x)).replace("{y}", percent(frame.y))
      .replace("{w}", percent(frame.w)).replace("{h}", percent(frame.h))
      .replace("{n}", covered.length);
  }

  function within(one) {
    const w = Math.min(1, Math.max(STEP, one.w));
    const h = Math.min(1, Math.max(STEP, one.h));
    return { w, h, x: Math.min(1 - w, Math.max(0, one.x)), y: Math.min(1 - h, Math.max(0, one.y)) };
  }

  function change(to) {
    frame = within(to);
    draw();
    tell();
  }

  const cover = () => { covered.push({ ...frame }); draw(); tell(); };
  const undo = () => { covered.pop(); draw(); tell(); };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };

  canvas.onkeydown = (event) => {
    const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (way && event.shiftKey) change({ ...frame, w: frame.w + way[0], h: frame.h + way[1] });
    else if (way) change({ ...frame, x: frame.x + way[0], y: frame.y + way[1] });
    else if (event.key === "Enter" || event.key === " ") cover();
    else if (event.key === "Backspace" || event.key === "Delete") undo();
    else return;
    event.preventDefault();
  };
  canvas.onpointerdown = (event) => {
    from = at(event);
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    if (!from) return;
    const to = at(event);
    drawn ||= Math.abs(from.x - to.x) > STEP && Math.abs(from.y - to.y) > STEP;
    if (drawn) change({ x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), w: Math.abs(to.x - from.x), h: Math.abs(to.y - from.y) });
  };
  // A tap puts the frame there, and the button covers it: nobody has to drag (WCAG 2.5.7).
  canvas.onpointerup = () => {
    if (drawn) cover();
    else if (from) change({ ...frame, x: from.x - frame.w / 2, y: from.y - frame.h / 2 });
    from = null;
    drawn = false;
  };
  panel.querySelector("[data-cover]").onclick = cover;
  panel.querySelector("[data-undo]").onclick = undo;
  panel.querySelector("[data-take]").onclick = () => {
    draw(false);
    canvas.toBlob((blob) => {
      panel.hidden = true;
      add(form, new File([blob], "picture.jpg", { type: "image/jpeg" }));
    }, "image/jpeg", 0.9);
  };
  panel.hidden = false;
  change(frame);
  canvas.focus();
}

// In slices where the browser can (upload.js); otherwise the form is sent with the file, as without JavaScript.
async function add(form, file) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", tokenOf(form));
  busy = true;
  try {
    if (canSlice()) body.set("uploaded", await sendInSlices(form, file));
    else body.set("file", file);
    replace(await answerTo(form.action, body));
  } catch (reason) {
    if (reason instanceof Over) location.reload();
    busy = false;
    form.querySelector("input[type=file]").value = "";
    form.querySelector("input[type=file]").focus();
    if (reason instanceof Cancelled || reason instanceof Refused) next(form);
    else for (const one of form.querySelectorAll("[data-no-script]")) one.hidden = false;
  }
}

// The file is there by now: a line that breaks here costs nothing but another try.
async function answerTo(url, body) {
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      const answer = await fetch(url, { method: "POST", body });
      if (answer.status < 500) return await answer.text();
    } catch {
      // the next try
    }
    await new Promise((resolve) => setTimeout(resolve, WAITS[tries] * 1000));
  }
  throw new Error("no answer");
}

function replace(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector("main");
  document.querySelector("main").replaceWith(fresh);
  document.title = page.title;
  busy = false;
  watch();
  const news = document.querySelector("main [role=alert], main .note[role=status]");
  if (news) {
    news.tabIndex = -1;
    news.focus();
  }
  const again = document.querySelector("form[data-upload]");
  if (again) next(again);
}

watch();

// Files that are being checked: look again, as long as somebody looks.
setInterval(async () => {
  if (document.hidden || !document.querySelector("[data-checking]") || document.activeElement?.matches("input, textarea, canvas")) return;
  try {
    const answer = await fetch(location.href, { headers: { "X-Looking": "1" }, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, fresh] = [document.querySelector("[data-files]"), page.querySelector("[data-files]")];
    if (old && fresh && old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
  } catch {
    // the next round tries again
  }
}, 5000);
