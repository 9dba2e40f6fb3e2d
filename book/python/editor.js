// A field for Python code: a text area over its own highlighted copy, in the page's own colors.
(() => {
  const WORDS =
    "and as assert async await break class continue def del elif else except finally for " +
    "from global if import in is lambda nonlocal not or pass raise return try while with yield";
  const KEYWORD = new Set(WORDS.split(" ")),
    CONSTANT = new Set(["None", "True", "False"]);
  const TOKEN = new RegExp(
    [
      /(#[^\n]*)/,
      /((?:\b[rbfRBF]{1,2})?(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
      /(\b\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?)/,
      /([A-Za-z_]\w*)/,
      /([-+*/%@=<>!&|^~]+)/,
    ]
      .map(part => part.source)
      .join("|"),
    "g"
  );
  const CLASSES = ["c1", "s2", "mf", "", "o"]; // Pygments' names

  function highlighted(code) {
    const box = document.createDocumentFragment();
    let end = 0;
    for (const found of code.matchAll(TOKEN)) {
      box.append(code.slice(end, found.index));
      end = found.index + found[0].length;
      const word = found[4];
      const kind =
        word === undefined
          ? CLASSES[found.slice(1).findIndex(part => part !== undefined)]
          : KEYWORD.has(word)
            ? "k"
            : CONSTANT.has(word)
              ? "kc"
              : "";
      const span = document.createElement("span");
      span.className = kind;
      span.textContent = found[0];
      box.append(kind ? span : found[0]);
    }
    box.append(code.slice(end), "\n");
    return box;
  }

  // Tab indents, Enter keeps the indentation; after Escape, Tab leaves the field as usual.
  function keys(event, area, run) {
    const { key, shiftKey, ctrlKey, metaKey } = event;
    if (key === "Enter" && (ctrlKey || metaKey || shiftKey)) {
      event.preventDefault();
      run();
      return;
    }
    if (key === "Escape") {
      area.dataset.leaving = "yes";
      return;
    }
    const before = area.value.slice(0, area.selectionStart),
      line = before.slice(before.lastIndexOf("\n") + 1);
    if (key === "Tab" && !area.dataset.leaving && !shiftKey)
      type(event, " ".repeat(4 - (line.length % 4)));
    else if (key === "Tab" && !area.dataset.leaving && /^ +$/.test(line)) {
      area.selectionStart -= ((line.length - 1) % 4) + 1;
      type(event, "");
    } else if (key === "Enter")
      type(event, "\n" + line.match(/^ */)[0] + (/:\s*$/.test(line) ? "    " : ""));
    if (key !== "Shift") delete area.dataset.leaving;
  }

  // The one way that leaves the text area's undo as it was.
  function type(event, text) {
    event.preventDefault();
    document.execCommand(text ? "insertText" : "delete", false, text);
  }

  let count = 0;
  // Return {box, area, value}: `label` names the field, `run` is called on Ctrl+Enter and Shift+Enter.
  bpPython.editor = (code, { label, run, changed = () => {} }) => {
    const box = document.createElement("div"),
      copy = document.createElement("pre");
    const area = document.createElement("textarea"),
      hint = document.createElement("p");
    box.className = "bp-editor highlight";
    copy.setAttribute("aria-hidden", "true");
    hint.className = "bp-hint";
    hint.id = `bp-editor-${++count}`;
    hint.textContent = "Shift+Enter runs. Tab indents; Escape, then Tab leaves the field.";
    Object.assign(area, { value: code, spellcheck: false, autocapitalize: "off" });
    area.setAttribute("autocomplete", "off");
    area.setAttribute("aria-label", label);
    area.setAttribute("aria-describedby", hint.id);
    const draw = () => copy.replaceChildren(highlighted(area.value));
    area.addEventListener("input", () => {
      draw();
      changed(area.value);
    });
    area.addEventListener("keydown", event => keys(event, area, run));
    const field = document.createElement("div");
    field.className = "bp-field";
    field.append(copy, area);
    box.append(field, hint);
    draw();
    return {
      box,
      area,
      get value() {
        return area.value;
      },
      set value(text) {
        area.value = text;
        draw();
      },
    };
  };
})();
