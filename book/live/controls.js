// Buttons, sliders and choices: real HTML controls, bound to an entry of a figure's state.

// Each returns { node, sync }: the element, and what brings it into line with the state.
const controls = {
  button(figure, text, action, { disabled = () => false, pressed, label } = {}) {
    const button = html("button", { type: "button", "aria-label": label, text });
    button.addEventListener("click", () => disabled(figure.state) || action());
    // A disabled button would lose the focus, and with it the keyboard its place.
    const sync = state => change(button, {
      "aria-disabled": disabled(state) && "true",
      "aria-pressed": pressed && String(Boolean(pressed(state))),
    });
    return { node: button, sync };
  },

  // A slider with its value beside it. The key may name an entry of an array: "x.0".
  slider(figure, key, { label, min, max, step, show = v => num(v), say, quiet = false }) {
    const input = html("input", { type: "range", min, max, step, "aria-label": say });
    const output = html("output", { "aria-hidden": true, hidden: quiet });
    input.addEventListener("input", () => figure.set(entry(figure.state, key, Number(input.value))));
    const sync = state => {
      const value = entry(state, key);
      if (Number(input.value) !== value) input.value = value;
      change(input, { "aria-valuetext": show(value) });
      change(output, { text: show(value) });
    };
    return { node: html("label", { class: "slider" }, label && html("span", { text: label }), input, output), sync };
  },

  number(figure, key, { label, min, max, step = "any", say }) {
    const input = html("input", { type: "number", min, max, step, inputmode: "decimal", "aria-label": say });
    input.addEventListener("input", () => {
      const value = input.valueAsNumber;
      if (Number.isFinite(value)) figure.set(entry(figure.state, key, bounded(value, min, max)));
    });
    const sync = state => {
      const value = entry(state, key);
      // While somebody types, "0." stays "0.".
      if (document.activeElement !== input || input.valueAsNumber !== value) {
        if (Number(input.value) !== value || input.value === "") input.value = Number(value.toPrecision(6));
      }
    };
    return { node: html("label", { class: "number" }, label && html("span", { text: label }), input), sync };
  },

  // One of a few, as buttons beside each other: options are [value, text] pairs. Here as elsewhere
  // "say" is for those who listen, where the label is a sign or there is none.
  choice(figure, key, { label, say, options }) {
    const name = `bp-live-${++names}`;
    const radios = options.map(([value, text]) => {
      const input = html("input", { type: "radio", name, value });
      input.addEventListener("change", () => figure.set({ [key]: value }));
      return { input, value, node: html("label", {}, input, html("span", { text })) };
    });
    const sync = state => radios.forEach(each => { each.input.checked = each.value === state[key]; });
    const legend = html("legend", { class: label ? null : "bp-live-spoken", text: label ?? say });
    return { node: html("fieldset", { class: "choice" }, legend, ...radios.map(r => r.node)), sync };
  },

  // One of many, as a list to pull down.
  menu(figure, key, { label, options }) {
    const select = html("select", {}, ...options.map(([value, text]) => html("option", { value, text })));
    select.addEventListener("change", () => figure.set({ [key]: options[select.selectedIndex][0] }));
    const sync = state => { select.selectedIndex = options.findIndex(([value]) => value === state[key]); };
    return { node: html("label", { class: "menu" }, html("span", { text: label }), select), sync };
  },

  // Play and pause: tick() for every frame on the screen; with reduced motion, twice a second.
  play(figure, tick, { label = "Play", disabled = () => false } = {}) {
    const button = html("button", { type: "button", class: "play", text: label });
    let running = false, before = 0;
    const show = () => change(button, { text: running ? "Pause" : label, "aria-pressed": String(running) });
    const turn = now => {
      if (!running || !button.isConnected) return;
      if (now - before >= (calm() ? 500 : 0) && figure.visible) {
        before = now;
        if (tick() === false) running = false;
      }
      show();
      requestAnimationFrame(turn);
    };
    const toggle = (on = !running) => {
      if (on === running) return;
      running = on;
      show();
      if (on) requestAnimationFrame(turn);
    };
    button.addEventListener("click", () => (running || !disabled(figure.state)) && toggle());
    show();
    const sync = state => change(button, { "aria-disabled": !running && disabled(state) && "true" });
    return { node: button, sync, toggle };
  },
};

let names = 0;

// Whether the reader asked for less motion.
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Read an entry of a state ("eta", "x.0"); with a value, return the change that sets it. Where it
// depends on the state which entry is meant, the key is a function of the state.
function entry(state, key, value) {
  const [name, place] = (typeof key === "function" ? key(state) : key).split(".");
  if (value === undefined) return place === undefined ? state[name] : state[name][place];
  return { [name]: place === undefined ? value : state[name].map((v, i) => (i === Number(place) ? value : v)) };
}
