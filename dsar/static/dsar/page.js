// Small helps on every page. Nothing depends on them: each page is complete without JavaScript.
"use strict";

// Move to the error summary, so that it is read first.
document.querySelector("[data-focus]")?.focus();
