// What Python sends back, in the form of the book's own outputs.
(() => {
  function text(out, words, kind) {
    const last = out.lastElementChild;
    if (last?.dataset.kind === kind) return void last.querySelector("pre").append(words);
    const box = document.createElement("div"),
      highlight = document.createElement("div");
    const pre = document.createElement("pre");
    box.className = kind === "error" ? "output bp-error" : "output text_plain";
    box.dataset.kind = kind;
    highlight.className = "highlight";
    pre.append(words);
    highlight.append(pre);
    box.append(highlight);
    out.append(box);
  }

  function drawing(out, svg, label) {
    const box = document.createElement("div");
    box.className = "bp-figure-box";
    box.innerHTML = svg;
    const figure = box.querySelector("svg");
    figure.classList.add("bp-figure");
    if (figure.viewBox.baseVal.width > 600) figure.classList.add("wide");
    figure.setAttribute("role", "img");
    figure.setAttribute("aria-label", label ?? "The figure that this code draws");
    // A figure that carries numbers moves, as the book's do.
    const moving = svg.match(/<metadata data-live="([a-z-]+)"/)?.[1];
    if (!moving) return void out.append(box);
    const element = document.createElement(`bp-${moving}`);
    element.append(box);
    out.append(element);
  }

  function rich(out, kind, content) {
    const box = document.createElement("div");
    box.className = kind === "math" ? "output math" : "output text_html";
    if (kind === "math") box.textContent = content;
    else box.innerHTML = content;
    out.append(box);
    if (kind === "math") window.MathJax?.typesetPromise?.([box]);
  }

  // An empty output; say(kind, text) adds to it.
  bpPython.output = label => {
    const out = document.createElement("div");
    out.className = "cell_output docutils container bp-result";
    out.say = (kind, content) => {
      if (kind === "svg") drawing(out, content, label);
      else if (kind === "text" || kind === "error") text(out, content, kind);
      else rich(out, kind, content);
    };
    out.done = () => {
      for (const pre of out.querySelectorAll("pre")) {
        if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0; // a keyboard can scroll it
      }
      if (!out.childElementCount)
        out.append(
          Object.assign(document.createElement("p"), {
            className: "bp-nothing",
            textContent: "It ran, and shows nothing.",
          })
        );
    };
    return out;
  };
})();
