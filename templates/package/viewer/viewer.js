(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const config = JSON.parse(one("#config").textContent);
  const PAGE = 200, PREVIEW = 20, PRINTED = 5000, LONG = 20000;
  const categories = config.categories.map((c) => ({ ...c, rows: JSON.parse(one("#data-" + c.key).textContent) }));
  const fixed = ["masked", "searched", "rights"];
  let state = {}, terms = [], printing = false, language = config.language, shownView = null;

  // Words and formats
  const t = (key, values = {}) => (config.texts[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, language === "fr" ? "\u202f" : ",");
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae");
  const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
  function shownDate(text) {
    const found = ISO.exec(text);
    if (!found || +found[2] < 1 || +found[2] > 12) return text;
    const day = +found[3], first = language === "fr" && day === 1 ? "1er" : String(day);
    const date = `${first} ${config.months[language][+found[2] - 1]} ${found[1]}`;
    if (!found[4]) return date;
    const zone = !found[5] ? "" : /^(Z|[+-]00(:?00)?)$/.test(found[5]) ? " UTC" : ` ${found[5]}`;
    return `${date}, ${found[4]}${zone}`;
  }
  function shown(value, column) {
    if (value === null || value === undefined) return "";
    if (typeof value === "object") return t("masked");
    if (typeof value === "boolean") return t(value ? "true" : "false");
    if (column.kind === "date" || column.kind === "datetime") return shownDate(String(value));
    if (column.kind === "number" && language === "fr") return String(value).replace(".", ",");
    return String(value);
  }
  const isMask = (value, column) => column.mask && value !== null && typeof value === "object";

  // The hash is the only memory of what is shown: it survives a reload and the back button.
  function read() {
    const [view, query] = decodeURI(location.hash.slice(1)).split("/");
    const found = new URLSearchParams(query || "");
    const get = (name) => found.get(name) || "";
    language = config.texts[get("lang")] ? get("lang") : config.language;
    const known = fixed.includes(view) || categories.some((c) => "c-" + c.key === view);
    return { view: known ? view : "overview", q: get("q"), from: get("from"), to: get("to"), source: get("source"), kind: get("kind"), page: Math.max(1, +get("page") || 1) };
  }
  function address(change) {
    const next = { ...state, page: 1, ...change };
    const query = new URLSearchParams();
    for (const name of ["q", "from", "to", "source", "kind"]) if (next[name]) query.set(name, next[name]);
    if (next.page > 1) query.set("page", next.page);
    const lang = change.lang || language;
    if (lang !== config.language) query.set("lang", lang);
    const text = query.toString();
    return "#" + next.view + (text ? "/" + text : "");
  }
  const go = (change) => { location.hash = address(change); };
  const replace = (change) => { location.replace(address(change)); };

  // Search and filters
  function haystack(category) {
    category.hay ??= category.rows.map((row) => fold(row.map((v) => (v === null || typeof v === "object" ? "" : String(v))).join("\n")));
    return category.hay;
  }
  function matches(category) {
    const { from, to, source } = state;
    if (source && category.source !== source) return [];
    if ((from || to) && category.date < 0) return [];
    const hay = terms.length ? haystack(category) : null, found = [];
    for (let i = 0; i < category.rows.length; i++) {
      if (from || to) {
        const day = String(category.rows[i][category.date] ?? "").slice(0, 10);
        if (!day || (from && day < from) || (to && day > to)) continue;
      }
      if (hay && !terms.every((term) => hay[i].includes(term))) {
        if (!terms.every((term) => hay[i].includes(term.replace(/(\d),(\d)/g, "$1.$2")))) continue;
      }
      found.push(i);
    }
    return found;
  }
  const filtering = () => Boolean(state.q || state.from || state.to || state.source);

  // Cells: text nodes only, nothing of the data becomes markup or an attribute
  function marked(element, text) {
    if (!terms.length || text.length > LONG) { element.append(text); return; }
    let folded = "";
    const places = [];
    for (let i = 0; i < text.length; i++) {
      const piece = fold(text[i]);
      for (let k = 0; k < piece.length; k++) places.push(i);
      folded += piece;
    }
    let at = 0;
    while (at < folded.length) {
      let best = -1, length = 0;
      for (const term of terms) {
        const hit = folded.indexOf(term, at);
        if (hit >= 0 && (best < 0 || hit < best)) { best = hit; length = term.length; }
      }
      if (best < 0) break;
      element.append(text.slice(at ? places[at - 1] + 1 : 0, places[best]));
      const mark = document.createElement("mark");
      mark.textContent = text.slice(places[best], places[best + length - 1] + 1);
      element.append(mark);
      at = best + length;
    }
    element.append(text.slice(at ? places[at - 1] + 1 : 0));
  }
  function fill(element, value, column) {
    if (isMask(value, column)) {
      const span = document.createElement("span");
      span.className = "gone";
      span.textContent = t("masked");
      element.append(span);
    } else marked(element, shown(value, column));
    return element;
  }
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  function pairs(category, row, className, skip) {
    const list = make("dl", className);
    category.columns.forEach((column, i) => {
      const value = row[i];
      if (skip.includes(i) || value === null || value === "") return;
      const pair = make("div");
      pair.append(make("dt", "", t(`c.${category.key}.f.${column.key}`)), fill(make("dd"), value, column));
      list.append(pair);
    });
    return list;
  }
  function tableRow(category, row) {
    const line = make("tr"), { columns, date, title, layout } = category;
    const cell = (i) => {
      const element = make(i === title ? "th" : "td", i === date ? "num nw" : columns[i].kind === "number" || columns[i].kind === "integer" ? "num" : "");
      if (i === title) element.scope = "row";
      return fill(element, row[i], columns[i]);
    };
    if (layout === "list") {
      if (date >= 0) line.append(cell(date));
      line.append(cell(title));
      const rest = make("td");
      rest.append(pairs(category, row, "kv", [date, title]));
      line.append(rest);
    } else category.order.forEach((i) => line.append(cell(i)));
    return line;
  }
  function show(category, found, limit) {
    const section = one("#c-" + category.key), label = t(`c.${category.key}.label`);
    const current = state.view === "c-" + category.key;
    const kinds = current ? kindsOf(category) : null, kind = kinds && state.kind ? state.kind : "";
    const rows = kind ? found.filter((i) => String(category.rows[i][kinds.column]) === kind) : found;
    const pages = limit ? 1 : Math.max(1, Math.ceil(rows.length / PAGE)), page = Math.min(state.page, pages);
    const part = limit ? rows.slice(0, limit) : rows.slice((page - 1) * PAGE, page * PAGE);
    const body = one(".body", section);
    if (category.layout === "record") body.replaceChildren(...part.map((i) => pairs(category, category.rows[i], "rows", [])));
    else body.replaceChildren(...part.map((i) => tableRow(category, category.rows[i])));
    const caption = one(".caption", section);
    const suffix = rows.length === 1 && category.count > 1 ? "_one" : "";
    caption.textContent = state.q ? t("v_caption_match" + suffix, { m: count(rows.length), n: count(category.count), q: state.q })
      : rows.length === category.count ? (category.count === 1 ? t("v_caption_one") : t("v_caption_all", { n: count(category.count) }))
      : t("v_caption_some" + suffix, { m: count(rows.length), n: count(category.count) });
    const heading = one(".page-title", section);
    heading.hidden = pages < 2;
    heading.textContent = t("v_page", { label, p: count(page), t: count(pages) });
    pager(section, page, pages, label);
    const more = one(".more", section);
    more.hidden = !limit || printing || rows.length <= part.length;
    if (!more.hidden) { more.firstChild.textContent = t("v_see_all", { n: count(rows.length) }); more.firstChild.href = address({ view: "c-" + category.key }); }
    chips(one(".kinds", section), category, kinds, found, kind);
  }
  function pager(section, page, pages, label) {
    const place = one(".pager", section);
    place.hidden = pages < 2 || printing;
    place.setAttribute("aria-label", t("v_pages", { label }));
    place.replaceChildren();
    if (place.hidden) return;
    const link = (key, target) => { const a = make("a", "", t(key)); a.href = address({ page: target }); return a; };
    if (page > 1) place.append(link("v_previous", page - 1));
    place.append(make("span", "hint num", `${count(page)} / ${count(pages)}`));
    if (page < pages) place.append(link("v_next", page + 1));
  }
  // Kinds: the first text column that sorts the rows into two to eight heaps
  function kindsOf(category) {
    if (category.kinds === undefined) {
      category.kinds = null;
      for (const column of category.rows.length > 9 ? category.columns.keys() : []) {
        const { kind, mask } = category.columns[column];
        if (kind !== "string" || mask) continue;
        const heaps = new Map();
        for (const row of category.rows) {
          const value = row[column];
          if (typeof value !== "string" || !value || value.length > 60) { heaps.clear(); break; }
          heaps.set(value, (heaps.get(value) || 0) + 1);
          if (heaps.size > 8) break;
        }
        if (heaps.size > 1 && heaps.size < 9 && heaps.size * 3 <= category.rows.length) { category.kinds = { column, values: [...heaps.keys()] }; break; }
      }
    }
    return category.kinds;
  }
  function chips(place, category, kinds, found, chosen) {
    place.hidden = !kinds || printing;
    place.replaceChildren();
    if (place.hidden) return;
    const counts = new Map();
    for (const i of found) { const value = category.rows[i][kinds.column]; counts.set(value, (counts.get(value) || 0) + 1); }
    const chip = (text, n, value) => {
      const button = make("button", "", `${text} ${count(n)}`);
      button.type = "button";
      button.setAttribute("aria-pressed", String(value === chosen));
      button.addEventListener("click", () => replace({ kind: value }));
      place.append(button);
    };
    chip(t("v_all"), found.length, "");
    for (const value of [...kinds.values].sort((a, b) => (counts.get(b) || 0) - (counts.get(a) || 0) || (a < b ? -1 : 1))) chip(value, counts.get(value) || 0, value);
  }

  // The page
  function say(hits) {
    const total = hits.reduce((sum, hit) => sum + hit.length, 0), filled = hits.filter((hit) => hit.length).length;
    const status = one("#status");
    let text = "";
    if (filtering()) {
      text = total === 0 ? t("v_no_result") : total === 1 ? t("v_result_one") : t(filled === 1 ? "v_result_same" : "v_results", { n: count(total), c: count(filled) });
      if (total === 0) {
        const what = state.from || state.to ? t("v_drop_dates") : state.source ? t("v_drop_source") : t("v_drop_q", { q: state.q });
        text += " " + t("v_drop", { what });
      }
      text += " ";
    }
    status.textContent = text + t("v_device");
  }
  function render() {
    const before = shownView;
    state = read();
    terms = fold(state.q).split(/\s+/).filter(Boolean);
    document.documentElement.lang = language;
    document.title = t("title");
    all("[data-t]").forEach((element) => { element.textContent = t(element.dataset.t); });
    all("[data-t-label]").forEach((element) => { element.setAttribute("aria-label", t(element.dataset.tLabel)); });
    all("[data-n]").forEach((element) => { element.textContent = count(element.dataset.n); });
    all("[data-lang]").forEach((element) => { element.hidden = element.dataset.lang !== language; });
    const q = one("#q");
    if (document.activeElement !== q) q.value = state.q;
    q.placeholder = t("v_search_in", { n: count(config.total) });
    one("#from").value = state.from; one("#to").value = state.to; one("#source").value = state.source;
    one("#clear").hidden = !filtering();
    one("#filters").open ||= Boolean(state.from || state.to || state.source);
    const toggle = one("#language");
    toggle.textContent = t("v_language");
    toggle.lang = language === "fr" ? "en" : "fr";
    const hits = categories.map(matches), overview = state.view === "overview";
    const results = overview && filtering();
    categories.forEach((category, i) => {
      const section = one("#c-" + category.key), current = state.view === "c-" + category.key;
      section.hidden = !(printing === "all" || current || (results && hits[i].length));
      one(".why", section).hidden = results;
      if (!section.hidden) show(category, hits[i], printing ? PRINTED : current ? 0 : PREVIEW);
      one(`[href="#c-${category.key}"] .num`, one(".viewer > nav")).textContent = count(filtering() ? hits[i].length : category.count);
    });
    one("#overview").hidden = printing !== "all" && !(overview && !results);
    fixed.forEach((name) => { one("#" + name).hidden = printing !== "all" && !(state.view === name || (overview && !results && name !== "searched")); });
    all(".viewer > nav a").forEach((a) => { if (a.getAttribute("href") === "#" + state.view) a.setAttribute("aria-current", "true"); else a.removeAttribute("aria-current"); });
    say(hits);
    shownView = state.view + "/" + state.page;
    if (before !== null && before !== shownView) {
      const section = one("#" + state.view), heading = one("h2", section);
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      (overview ? document.body : section).scrollIntoView();
    }
    const current = one(".viewer > nav [aria-current]");
    if (before !== shownView) one(".viewer > nav").scrollLeft = current.offsetLeft - 20;
  }
  function printed(what) {
    printing = what; render();
    window.print();
    printing = false; render();
  }

  all(".needs-js").forEach((element) => { element.hidden = false; });
  one(".search").addEventListener("submit", (event) => { event.preventDefault(); go({ q: one("#q").value.trim(), view: state.view.startsWith("c-") ? state.view : "overview" }); });
  let waiting = 0;
  one("#q").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => replace({ q: one("#q").value.trim(), view: state.view.startsWith("c-") ? state.view : "overview" }), 180); });
  for (const name of ["from", "to", "source"]) one("#" + name).addEventListener("change", (event) => replace({ [name]: event.target.value, view: state.view.startsWith("c-") ? state.view : "overview" }));
  one("#clear").addEventListener("click", () => { one("#q").value = ""; go({ q: "", from: "", to: "", source: "", kind: "" }); one("#q").focus(); });
  one("#language").addEventListener("click", () => { categories.forEach((c) => { c.hay = undefined; }); replace({ page: state.page, lang: language === "fr" ? "en" : "fr" }); });
  all("[data-print]").forEach((button) => button.addEventListener("click", () => printed(button.dataset.print)));
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link || link.closest(".pager, .more") || link.classList.contains("skip")) return;
    event.preventDefault();
    go({ view: link.getAttribute("href").slice(1), kind: "" });
  });
  window.addEventListener("hashchange", render);
  const path = decodeURIComponent(location.pathname);
  if (location.protocol === "content:" || /\.zip[\\/]|[\\/]Temp[\\/].*\.zip|[\\/]Temp1_|7z[OE][^\\/]*[\\/]|Rar\$/i.test(path)) one("#extract").hidden = false;
  render();
  document.documentElement.classList.add("ready");
})();
