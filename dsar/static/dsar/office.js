// Shortcuts of the back office, off switch included; nothing here is the only way to do anything.
(function () {
  "use strict";
  var STORE = "dsar-shortcuts";
  var chord = "";

  function on() {
    try { return localStorage.getItem(STORE) !== "off"; } catch (_error) { return true; }
  }

  function rows() {
    return Array.prototype.slice.call(document.querySelectorAll(".queue tbody tr")).filter(function (row) { return row.querySelector("strong a"); });
  }

  function move(step) {
    var list = rows();
    if (!list.length) { return; }
    var at = list.findIndex(function (row) { return row.contains(document.activeElement); });
    var next = list[Math.min(Math.max(at + step, 0), list.length - 1)];
    next.querySelector("strong a").focus();
  }

  function press(event) {
    var target = event.target;
    if (!on() || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox") {
      if (event.key === "Escape") { target.blur(); }
      return;
    }
    var key = event.key.toLowerCase();
    if (chord === "g" && key === "q") {
      var queue = document.querySelector("[data-go=queue]");
      if (queue) { queue.click(); }
    } else if (key === "j") {
      move(1);
    } else if (key === "k") {
      move(-1);
    } else if (key === "x") {
      var row = rows().find(function (one) { return one.contains(document.activeElement); });
      var box = row && row.querySelector("input[type=checkbox]");
      if (box) { box.click(); }
    } else if (key === "/") {
      var search = document.getElementById("q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    chord = key === "g" ? "g" : "";
  }

  function count() {
    var told = document.querySelector("[data-chosen]");
    if (!told) { return; }
    var first = told.textContent;
    document.addEventListener("change", function () {
      var chosen = document.querySelectorAll(".queue input:checked").length;
      told.textContent = chosen ? chosen + " " + told.dataset.chosen : first;
    });
  }

  function keys() {
    var line = document.querySelector("[data-keys]");
    if (!line) { return; }
    var button = line.querySelector("[data-keys-switch]");
    function name() { button.textContent = on() ? button.dataset.off : button.dataset.on; }
    line.hidden = false;
    name();
    button.addEventListener("click", function () {
      try { localStorage.setItem(STORE, on() ? "off" : "on"); } catch (_error) { /* private window */ }
      name();
    });
  }

  // Work in progress: look again every ten seconds while nobody is typing.
  function live() {
    if (!document.querySelector("[data-live]")) { return; }
    setInterval(function () {
      var busy = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) || document.querySelector("details[open]");
      if (!busy && !document.hidden) { location.reload(); }
    }, 10000);
  }

  var summary = document.querySelector(".summary");
  if (summary) { summary.focus(); }
  document.addEventListener("keydown", press);
  count();
  keys();
  live();
})();
