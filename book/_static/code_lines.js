// Results that are words wrap, and results in columns scroll. On a phone listings wrap, too, and lines
// go on deeper than they begin. A listing stays one text: what is copied or run from it is the same.
// A classic script: it runs from a file on disk, too.
"use strict";

(() => {
  const PHONE = matchMedia("(max-width: 600px)");
  const LISTINGS = ".bd-article div.highlight pre";
  const DEEPEST = 12; // letters: beyond it too little room would be left

  // Put every line into an element of its own. A token such as a docstring may go over several.
  function split(pre) {
    if (pre.dataset.lines || pre.closest(".bp-editor, .bp-result")) return;
    pre.dataset.lines = "yes";
    const lines = [newLine()];
    for (const node of [...pre.childNodes]) {
      const parts = node.textContent.split(/(?<=\n)/);
      for (const part of parts) {
        const piece = node.cloneNode(parts.length === 1);
        if (parts.length > 1) piece.textContent = part;
        lines[lines.length - 1].append(piece);
        if (part.endsWith("\n")) lines.push(newLine());
      }
    }
    if (!lines[lines.length - 1].textContent) lines.pop();
    lines.forEach(indent);
    pre.replaceChildren(...lines);
  }

  function newLine() {
    const line = document.createElement("span");
    line.className = "bp-line";
    return line;
  }

  function indent(line) {
    const depth = line.textContent.match(/^ */)[0].length;
    line.style.setProperty("--bp-hang", `${Math.min(depth, DEEPEST) + 2}ch`);
    if (depth > DEEPEST) narrow(line);
  }

  // A line that begins very deep, under an open parenthesis, begins less deep; its spaces stay.
  function narrow(line) {
    const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    const first = walk.nextNode();
    const spaces = first.textContent.match(/^ */)[0].length;
    if (spaces <= DEEPEST) return;
    const box = document.createElement("span");
    box.className = "bp-indent";
    box.style.setProperty("--bp-depth", `${DEEPEST}ch`);
    if (spaces < first.length) first.splitText(spaces);
    first.before(box);
    box.append(first);
  }

  // A matrix or a table means nothing once its lines are broken.
  function isColumns(text) {
    return text.split("\n").some(line => /^\s*[[(]|\S {2,}\S|^array\(|\|.*\|/.test(line));
  }

  function prepare() {
    for (const pre of document.querySelectorAll(LISTINGS)) {
      if (!pre.closest(".cell_output")) PHONE.matches && split(pre);
      else if (isColumns(pre.textContent)) pre.classList.add("bp-columns");
    }
  }

  prepare();
  PHONE.addEventListener("change", prepare);
  // What Python in the page prints, too.
  new MutationObserver(prepare).observe(document.querySelector(".bd-article") ?? document.body, {
    childList: true,
    subtree: true,
  });
})();
