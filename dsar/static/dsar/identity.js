// The page that takes papers: with JavaScript a chosen file is added at once, with its progress. Without it, a button adds it.
"use strict";

const adding = () => document.querySelector("form[data-upload]");

function watch() {
  const form = adding();
  if (!form) return;
  for (const button of form.querySelectorAll("[data-no-script]")) button.hidden = true;
  form.querySelector("input[type=file]").addEventListener("change", () => add(form));
}

// XMLHttpRequest and not fetch: it tells how much has been sent. A cut connection keeps the page, so that one can try again.
function add(form) {
  const line = form.querySelector("[data-adding]");
  const bar = line.querySelector("progress");
  const said = line.querySelector("[data-progress]");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.round((100 * event.loaded) / event.total);
    bar.value = percent;
    if (percent % 25 === 0) said.textContent = `${percent} %`;
  });
  request.addEventListener("load", () => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const fresh = page.querySelector("main");
    if (!fresh) return form.submit();
    document.querySelector("main").replaceWith(fresh);
    document.title = page.title;
    watch();
    const news = document.querySelector("main [role=alert], main [role=status]");
    if (news) {
      news.tabIndex = -1;
      news.focus();
    }
  });
  request.addEventListener("error", () => {
    line.hidden = true;
    for (const button of form.querySelectorAll("[data-no-script]")) button.hidden = false;
  });
  line.hidden = false;
  request.send(new FormData(form));
}

watch();

// Files that are being checked: look again, as long as somebody looks.
setInterval(async () => {
  if (document.hidden || !document.querySelector("[data-checking]") || document.activeElement?.matches("input, textarea")) return;
  try {
    const answer = await fetch(location.href, { headers: { "X-Looking": "1" }, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, fresh] = [document.querySelector("[data-files]"), page.querySelector("[data-files]")];
    if (old && fresh && old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
  } catch {
    // the next round tries again
  }
}, 5000);
