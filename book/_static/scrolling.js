// A formula, a table, a listing that is wider than the screen scrolls in its own box. The box can be
// reached with the Tab key, but only while there is something to scroll; and as long as there is more
// to the right, it carries a shadow there (bpcourse.css).
// A classic script: it runs from a file on disk, too.
"use strict";

(() => {
  const BOXES =
    "div.math, mjx-container[display='true'], .bp-figure-box, .output, pre, table, " +
    ".pst-scrollable-table-container, .bd-article .math-wrapper";

  function markAll() {
    document.querySelectorAll(BOXES).forEach(mark);
  }

  function mark(box) {
    const wide = box.scrollWidth > box.clientWidth && scrolls(box);
    if (wide) box.setAttribute("tabindex", "0");
    else if (box.dataset.scrolls) box.removeAttribute("tabindex");
    if (wide) box.dataset.scrolls = box.scrollLeft + box.clientWidth < box.scrollWidth - 1 ? "more" : "end";
    else delete box.dataset.scrolls;
  }

  function scrolls(box) {
    return ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  }

  let waiting = false;

  function markSoon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      markAll();
    });
  }

  // On the first visit the theme scrolls the side bar to the current page, even if that page is in
  // view without it; the logo would be cut.
  function showLogo() {
    const bar = document.querySelector(".bd-sidebar-primary");
    const entries = bar?.querySelectorAll(".bd-docs-nav .active") ?? [];
    if (!bar || sessionStorage.getItem("sidebar-scroll-top") !== null) return;
    const last = entries[entries.length - 1];
    const below = last ? last.getBoundingClientRect().bottom + bar.scrollTop : 0;
    if (below < bar.getBoundingClientRect().top + bar.clientHeight) bar.scrollTop = 0;
  }

  window.addEventListener("load", () => {
    showLogo();
    Promise.resolve(window.MathJax?.startup?.promise).then(markAll);
  });
  window.addEventListener("resize", markSoon);
  document.addEventListener("scroll", ({ target }) => {
    if (target.dataset?.scrolls) mark(target);
  }, { capture: true, passive: true });
  // What was folded has no width before it is unfolded.
  document.addEventListener("toggle", markSoon, true);
})();
