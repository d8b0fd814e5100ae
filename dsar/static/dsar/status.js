// The status page with JavaScript: looks for news every 30 seconds.
"use strict";

const everySeconds = 30;
const live = () => [...document.querySelectorAll("[data-live]")];
let asking = true;
// The token against forged forms is masked anew in every answer, and no news.
const same = (a, b) => bare(a) === bare(b);
const bare = (part) => part.innerHTML.replace(/(name="csrfmiddlewaretoken" value=")\w+/g, "$1");

// Replaces only what changed, moves no focus, and does not count as a sign of the person: the session still ends.
async function lookForNews() {
  if (!asking || document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { "X-Looking": "1" }, redirect: "error" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = [...page.querySelectorAll("[data-live]")];
    live().forEach((old, n) => {
      if (!fresh[n] || old.contains(document.activeElement) || same(old, fresh[n])) return;
      old.innerHTML = fresh[n].innerHTML;
    });
    if (document.title !== page.title) document.title = page.title;
  } catch {
    asking = false;
  }
}

setInterval(lookForNews, everySeconds * 1000);
for (const link of document.querySelectorAll("[data-no-script]")) link.hidden = true;
