// A diagnosis on the page: what is wrong, in color, and the hints one after the other.
(() => {
  const MARK = { right: "✓", wrong: "✗", "cannot run": "!", "not read": "!", open: "…" };

  function paragraph([table, words]) {
    const tag = document.createElement(table ? "pre" : "p");
    tag.textContent = words;
    return tag;
  }

  function body(found, level) {
    return found.levels[Math.max(level, 1) - 1].map(paragraph);
  }

  function hints(found, level) {
    const list = document.createElement("ol");
    for (const hint of [...new Set(found.hints)].slice(0, level)) {
      list.append(Object.assign(document.createElement("li"), { textContent: hint }));
    }
    list.className = "bp-hints";
    return list;
  }

  function reading({ href, title }, before = "Read: ") {
    const line = document.createElement("p"),
      link = document.createElement("a");
    Object.assign(link, {
      href: new URL(`../../book/${href}`, bpPython.root).href,
      textContent: title,
    });
    line.append(before, link);
    return line;
  }

  const CLINIC = { href: "clinic.html", title: "the clinic" };

  // Return an element that shows a verdict; with each press of the button it says more.
  bpPython.verdict = found => {
    const box = document.createElement("div"),
      head = document.createElement("p");
    const words = document.createElement("div");
    const most = new Set(found.hints).size;
    let level = 0;
    box.className = `bp-judgement bp-${found.status.replace(" ", "-")}`;
    box.dataset.equations = found.equations.join(" ");
    head.className = "bp-headline";
    const said = found.headline ?? found.status[0].toUpperCase() + found.status.slice(1);
    head.textContent = `${MARK[found.status]} ${said}`;
    const more = bpPython.button("First hint", () => {
      level++;
      fill();
      more.hidden && words.focus();
    });
    words.tabIndex = -1;
    function fill() {
      words.replaceChildren(...body(found, level), hints(found, level));
      more.hidden = level >= most;
      more.textContent = level ? "Next hint" : "First hint";
    }
    box.append(head);
    if (found.picture)
      box.insertAdjacentHTML("beforeend", `<div class="bp-picture">${found.picture}</div>`);
    if (found.picture && found.status === "right") {
      box.querySelector("svg").setAttribute("aria-label", "The network on which it was tried");
    }
    box.append(words, more);
    if (found.read) box.append(reading(found.read));
    if (found.picture && !document.getElementById("bp-clinic")) {
      box.append(reading(CLINIC, "Whole programs, of whatever form, are judged in "));
    }
    fill();
    return box;
  };
})();
