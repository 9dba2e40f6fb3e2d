// The clinic: a program of the reader's own, judged in the page. `bpPrograms` is the menu; a link
// such as clinic.html#example=missing-slope opens one of them.
(() => {
  const place = document.getElementById("bp-clinic"),
    programs = window.bpPrograms;
  if (!place) return;
  const HIDDEN = [
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "silu",
    "gelu",
    "identity",
  ];
  const COSTS = ["quadratic", "cross_entropy", "log_likelihood", "mse", "half_mse", "sse"];
  // The option, its label, and its values: [what is passed, what is read]; "" leaves it out.
  const same = values => values.map(value => [value, value.replace("_", " ")]);
  const FIRST = [
    ["activation", "Hidden layers", same(HIDDEN)],
    ["cost", "Cost", same(COSTS)],
    [
      "output",
      "Output layer",
      [["", "the one that fits the cost"], ...same([...HIDDEN, "softmax"])],
    ],
    [
      "layout",
      "An example is",
      [
        ["", "found out, or a column"],
        ["columns", "a column"],
        ["rows", "a row"],
        ["vectors", "a vector, one at a time"],
      ],
    ],
    [
      "biases",
      "Biases",
      [
        ["", "found out"],
        [false, "none"],
      ],
    ],
  ];
  const MORE = [
    [
      "reduction",
      "Over a mini-batch",
      [
        ["", "the mean"],
        ["sum", "the sum"],
      ],
    ],
    [
      "batch",
      "It takes",
      [
        ["", "mini-batches"],
        [false, "one example only"],
      ],
    ],
    [
      "labels",
      "Targets are",
      [
        ["", "found out, or arrays"],
        ["integers", "the number of the class"],
      ],
    ],
    [
      "order",
      "It returns",
      [
        ["", "weights first"],
        ["b,w", "biases first"],
      ],
    ],
    ["sizes", "Widths, such as 4, 6, 3", null],
    ["function", "Name of the function or class", null],
    ["step", "It takes the step itself, with the learning rate", null],
    ["forward", "Name of its forward pass", null],
  ];
  const fields = {};

  function field([name, label, values]) {
    const box = document.createElement("label"),
      input = document.createElement(values ? "select" : "input");
    for (const [value, text] of values ?? []) input.append(new Option(text, String(value)));
    Object.assign(input, values ? {} : { type: "text", autocomplete: "off", spellcheck: false });
    input.name = name;
    fields[name] = input;
    box.append(label, input);
    return box;
  }

  function form(table) {
    const box = document.createElement("div");
    box.className = "bp-form";
    box.append(...table.map(field));
    return box;
  }

  // What the form says, as the terminal's request has it.
  function request() {
    const options = {},
      how = {};
    for (const [name, input] of Object.entries(fields)) {
      const value = input.value.trim();
      if (!value || name === "function") continue;
      if (name === "forward") how.forward = value;
      else if (name === "step") how.step = number(value, input);
      else if (name === "sizes")
        options.sizes = value.split(/[\s,]+/).map(each => number(each, input));
      else options[name] = value === "false" ? false : value;
    }
    return { function: fields.function.value.trim() || program(editor.value), options, form: how };
  }

  function number(text, input) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new Error(`“${text}” is no number (${input.parentElement.firstChild.textContent}).`);
  }

  // Of a file that brings its program into form itself, the last such name is meant.
  const program = code =>
    [...code.matchAll(/^(\w+)\s*=\s*bp\.diagnose\.from_\w+\(/gm)].at(-1)?.[1] ?? null;

  function open(name) {
    const chosen = programs.find(each => each.name === name) ?? programs[0];
    menu.value = chosen.name;
    const known = { ...chosen.options, ...chosen.form, function: chosen.function };
    for (const [key, input] of Object.entries(fields)) {
      input.value = known[key] ?? (input.tagName === "SELECT" ? input.options[0].value : "");
    }
    editor.value = chosen.code.trim() + "\n";
    result.replaceChildren();
  }

  async function judge() {
    if (!(await bpPython.agreed(bar))) return;
    await bpPython.queue(async () => {
      await bpPython.start();
      if (/\bmatplotlib\b|\bbp\.figures\b/.test(editor.value)) await bpPython.withFigures();
      const out = bpPython.output();
      bpPython.say({ state: "running", what: "The diagnosis" });
      try {
        const found = await bpPython.ask(
          "judge",
          [editor.value, JSON.stringify(request())],
          out.say
        );
        if (found.refused) out.say("error", found.refused);
        else out.append(bpPython.verdict(found.verdict));
      } catch (error) {
        if (error.stopped) throw error;
        out.say("error", error.message);
      }
      result.replaceChildren(out);
      result.scrollIntoView({ block: "nearest" });
      bpPython.say({ state: "ready" });
    });
  }

  const menu = document.createElement("select"),
    chooser = document.createElement("label");
  const result = document.createElement("div"),
    bar = document.createElement("div");
  const more = document.createElement("details"),
    summary = document.createElement("summary");
  menu.append(...programs.map(({ name, title }) => new Option(title, name)));
  menu.addEventListener("change", () => {
    history.replaceState(null, "", `#example=${menu.value}`);
    open(menu.value);
  });
  chooser.className = "bp-form";
  chooser.append("An example to begin with", menu);
  const editor = bpPython.editor("", { label: "Your backpropagation, as Python code", run: judge });
  summary.textContent = "More about its form";
  more.append(summary, form(MORE));
  bar.className = "bp-bar";
  const go = bpPython.button("Diagnose", judge);
  go.classList.add("bp-main");
  const empty = bpPython.button("Empty the field", () => {
    editor.value = "";
    editor.area.focus();
  });
  bar.append(go, empty);
  result.setAttribute("role", "status");
  place.replaceChildren(chooser, editor.box, form(FIRST), more, bar, result);
  const asked = () => decodeURIComponent(location.hash.match(/example=([^&]*)/)?.[1] ?? "");
  window.addEventListener("hashchange", () => asked() && open(asked()));
  open(asked() || "missing-slope");
})();
