// What a person would see of the page that is shown. Each look returns sentences about what is wrong: none when nothing is.
"use strict";
(() => {
  const name = (e) => e.outerHTML.slice(0, 110).replace(/\s+/g, " ");
  const aside = ".vh, .trap, .skip, [hidden]"; // for a screen reader, for robots, until focused, not yet
  const seen = (e) => !e.closest(aside) && e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && e.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, canvas[tabindex]";
  const TYPED = "input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), select, textarea";
  const native = (e) => e.matches("[type=checkbox], [type=radio]") && getComputedStyle(e).appearance !== "none";

  const numbers = (color) => {
    const found = color.match(/[\d.]+/g).map(Number);
    const parts = color.startsWith("color(") ? [...found.slice(0, 3).map((n) => n * 255), ...found.slice(3)] : found;
    return parts.length < 4 ? [...parts, 1] : parts;
  };
  const light = (color) => {
    const [r, g, b] = numbers(color).map((n) => n / 255).map((n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (e) => {
    for (let one = e; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (numbers(color)[3] > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const border = (e) => {
    const style = getComputedStyle(e);
    return style.borderTopStyle !== "none" && parseFloat(style.borderTopWidth) >= 1 ? style.borderTopColor : null;
  };
  const outline = (e) => {
    const style = getComputedStyle(e);
    return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  };
  // Where the outline of a focused element is drawn: a card or a button draws it for the box inside or over it.
  const outlined = (e) => [e, e.closest("label.choice"), ...(e.closest(".pick")?.querySelectorAll(".btn") ?? [])].find((one) => one && outline(one) >= 2);

  const structure = () => {
    const wrong = [];
    const [head] = all("h1");
    if (document.querySelectorAll("h1").length !== 1 || !head) wrong.push("not one visible h1");
    if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
    if (!document.documentElement.lang) wrong.push("no language");
    if (!document.querySelector("body > a.skip[href='#content']:first-child") || !document.getElementById("content")) wrong.push("no link to skip to the content");
    const forms = [...document.querySelectorAll("main form")];
    if (forms.length && !forms.some((form) => [...form.elements, ...form.querySelectorAll("label.btn")].some((e) => e.matches("button, label") && seen(e))) && !all("summary.btn").length) wrong.push("no form has a button that is seen");
    for (const here of document.querySelectorAll(".line > .now")) if (here.getAttribute("aria-current") !== "step") wrong.push("a present step without aria-current=step");
    for (const region of document.querySelectorAll("[aria-live]")) if (region.getAttribute("aria-live") !== "polite") wrong.push(`not polite: ${name(region)}`);
    for (const link of document.querySelectorAll("a[href^='#']")) if (!document.getElementById(link.hash.slice(1))) wrong.push(`leads nowhere: ${name(link)}`);
    const [summary, ...more] = document.querySelectorAll("[data-focus]");
    if (more.length) wrong.push("two error summaries");
    if (summary) {
      if (!/^(Error|Erreur)\s?:/.test(document.title)) wrong.push(`the title does not begin with the error: ${document.title}`);
      if (document.activeElement !== summary) wrong.push("the error summary has not the focus");
      if (document.querySelectorAll("[role=alert]:not([hidden])").length !== 1) wrong.push("errors are not said once");
    } else if (document.querySelector("[aria-invalid=true], .why-not")) wrong.push("an error without a summary");
    for (const note of all(".back + .note")) if (note.getBoundingClientRect().top - note.previousElementSibling.getBoundingClientRect().bottom < 8) wrong.push("a note lies on the way back");
    for (const field of document.querySelectorAll("[aria-invalid=true]")) {
      const said = (field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
      const group = field.closest(".error")?.querySelector(".why-not");
      if (!group || !said.includes(group.textContent.trim().slice(0, 20)) && !field.matches("[type=radio], [type=checkbox], [type=file]")) wrong.push(`its error is not tied to it: ${name(field)}`);
    }
    for (const field of document.querySelectorAll("input[required], [pattern]")) if (field.form && !field.form.noValidate) wrong.push(`the browser's own words: ${name(field)}`);
    return wrong;
  };

  const PURPOSES = { name: "name", email: "email", postal_address: "street-address", code: "one-time-code" }; // WCAG 1.3.5
  const purpose = () => Object.entries(PURPOSES).flatMap(([field, means]) => [...document.querySelectorAll(`main [name=${field}]:not([type=hidden])`)]
    .filter((e) => e.autocomplete !== means).map((e) => `autocomplete is not ${means}: ${name(e)}`));

  const sideways = () => document.documentElement.scrollWidth > document.documentElement.clientWidth ? ["scrolls sideways"] : [];

  const scrolls = (e) => {
    for (let one = e; one && one !== document.body; one = one.parentElement) if (/auto|scroll/.test(getComputedStyle(one).overflowX)) return true;
    return false;
  };
  // Text beyond the edge, text cut by its box, controls that lie on each other (WCAG 1.4.10, 1.4.12).
  const lost = () => {
    const wrong = sideways();
    const width = document.documentElement.clientWidth;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (!text.data.trim() || !seen(text.parentElement)) continue;
      range.selectNodeContents(text);
      for (const box of range.getClientRects()) {
        if (box.width && (box.right > width + 1 || box.left < -1) && !scrolls(text.parentElement)) wrong.push(`beyond the edge: ${text.data.trim().slice(0, 60)}`);
      }
    }
    for (const e of all("body *:not(progress, input, textarea, select, canvas, svg *)")) {
      const style = getComputedStyle(e);
      const cut = (way, inner, outer) => /hidden|clip/.test(style[`overflow${way}`]) && inner > outer + 1;
      if (cut("X", e.scrollWidth, e.clientWidth) || cut("Y", e.scrollHeight, e.clientHeight)) wrong.push(`cut: ${name(e)}`);
    }
    const controls = all(CONTROLS);
    const boxes = controls.map((e) => [...e.getClientRects()]);
    for (let i = 0; i < controls.length; i += 1) for (let j = i + 1; j < controls.length; j += 1) {
      const [a, b] = [controls[i], controls[j]];
      if (a.contains(b) || b.contains(a)) continue;
      const meet = boxes[i].some((x) => boxes[j].some((y) => Math.min(x.right, y.right) - Math.max(x.left, y.left) > 1 && Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top) > 1));
      if (meet) wrong.push(`on each other: ${name(a)} ${name(b)}`);
    }
    return wrong;
  };

  const hit = (e) => {
    const box = e.getClientRects()[0];
    const [x, y] = [box.left + Math.min(box.width / 2, innerWidth / 2), box.top + Math.min(box.height / 2, innerHeight / 3)];
    const top = document.elementFromPoint(x, y);
    return Boolean(top) && (e.contains(top) || top.contains(e) || [...(e.labels ?? [])].some((label) => label.contains(top)));
  };
  // Each control comes into view by scrolling, and nothing lies over it.
  const unreachable = () => all(CONTROLS).filter((e) => { e.scrollIntoView({ block: "center" }); return !hit(e); }).map((e) => `cannot be reached: ${name(e)}`);

  // Borders of fields and buttons against what surrounds them, 3:1 (WCAG 1.4.11); boxes are the browser's own.
  const faint = () => all(`main :is(${TYPED}), main .btn, main .chips button`).filter((e) => {
    const around = ground(e.parentElement);
    return Math.max(border(e) ? contrast(border(e), around) : 1, contrast(ground(e), around)) < 3;
  }).map((e) => `faint: ${name(e)}`);

  // With forced colours every control has an edge or an underline that the reader's own colours draw.
  const bare = () => all(CONTROLS).filter((e) => {
    if (native(e) || e.matches("[type=file], canvas")) return false; // the browser draws these itself
    if (border(e) || outline(e) >= 1) return false;
    if (e.matches("a, .link") && getComputedStyle(e).textDecorationLine.includes("underline")) return false;
    return !(e.matches("summary") && getComputedStyle(e).listStyleType !== "none") && !e.matches("a.mark");
  }).map((e) => `bare: ${name(e)}`);

  const moving = () => [...document.getAnimations().map(() => "an animation"), ...all("a, .btn, .choice, summary").filter((e) => /[1-9]/.test(getComputedStyle(e).transitionDuration)).map((e) => `moves: ${name(e)}`)];

  const printed = () => all("button, input:not([type=hidden]), select, textarea, nav, .btn, footer").map((e) => `printed: ${name(e)}`);

  // On a phone the buttons are as wide as what they stand in.
  const short = () => all("main .btn").filter((e) => {
    const box = e.closest(".drop, .error, .note, .panel, .clock, details, form, main");
    const style = getComputedStyle(box);
    return e.getBoundingClientRect().width < (box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)) - 2;
  }).map((e) => `not full width: ${name(e)}`);

  // What has the focus: whether one sees that it has, and sees it at all (WCAG 2.4.7, 2.4.11, 2.4.13).
  const focused = () => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const wrong = [];
    const drawn = outlined(e);
    if (!drawn) wrong.push(`no outline: ${name(e)}`);
    else if (contrast(getComputedStyle(drawn).outlineColor, ground(drawn.parentElement)) < 3) wrong.push(`faint outline: ${name(e)}`);
    const box = (drawn ?? e).getBoundingClientRect();
    if (box.bottom < 1 || box.top > innerHeight - 1 || box.right < 1 || box.left > innerWidth - 1) wrong.push(`out of sight: ${name(e)}`);
    else if (!e.matches(".skip") && e.getClientRects().length && box.height < innerHeight && !hit(e)) wrong.push(`under something: ${name(e)}`);
    return { name: name(e), tag: e.localName, id: e.id, text: (e.innerText ?? "").trim() || e.getAttribute("aria-label") || "", top: box.top + scrollY, wrong };
  };

  const spaced = (on) => {
    if (!on) { document.adoptedStyleSheets = []; return; }
    const sheet = new CSSStyleSheet(); // not stopped by the policy, which forbids inline styles
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = [sheet];
  };

  const help = () => [...document.querySelectorAll("footer a")].map((a) => a.pathname.replace(/^\/\w\w/, ""));
  const open = () => { for (const one of document.querySelectorAll("main details")) one.open = true; };
  globalThis.looks = { structure, purpose, sideways, lost, unreachable, faint, bare, moving, printed, short, focused, spaced, help, open };
})();
