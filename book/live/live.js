// A figure that moves: an element of its own around the still figure, a state, and what draws it.
//
//   define("one-weight", {
//     name: "One weight, moved by hand",            // for those who can't see it
//     width: 560,                                   // the most that it needs, in pixels
//     lines: 2,                                     // of words, so that the controls stand still
//     start: data => ({ w: 3, eta: 0.02 }),         // the state in which it opens
//     tidy: state => ({ eta: ... }),                // optional: brings a state from a link into bounds
//     build(figure) { ...; return state => { ... }; }
//   });
//
// build puts its drawing into the figure with figure.add(...) and its controls with figure.button,
// figure.slider, ...; it returns the function that brings the drawing into line with the state. That
// function runs once a frame at most, after figure.set({ ... }). Everything is built anew when the
// width changes; the state stays.

function define(name, kind) {
  const element = class extends HTMLElement {
    connectedCallback() {
      if (!this.figure) this.figure = wake(this, kind);
    }
  };
  // Once the whole script has been read: a figure's file may name things further down.
  queueMicrotask(() => customElements.define(`bp-${name}`, element));
}

// Take hold of an element, and return its figure.
function wake(element, kind) {
  const data = JSON.parse(element.querySelector("metadata").textContent);
  const root = html("div", { class: "bp-live", role: "group", "aria-label": kind.name });
  const figure = { kind, data, element, root, visible: true, width: 0 };
  figure.id = element.closest("figure[id], [id^=fig-]")?.id ?? "";
  figure.start = kind.start(data);
  figure.state = { ...figure.start };
  Object.assign(figure, methods(figure));
  element.append(root);
  element.classList.add("bp-waking");
  followWidth(figure);
  followLink(figure);
  followTheme(figure);
  return figure;
}

function methods(figure) {
  let waiting = 0;
  const made = {
    // Change entries of the state; the drawing follows with the next frame.
    set(changes) {
      figure.state = tidied(figure, { ...figure.state, ...changes });
      if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; refresh(figure); });
    },
    // Draw now, for a loop that has computed in this very frame.
    draw() { refresh(figure); },
    add(...nodes) { figure.stage.append(...nodes); },
    // What has changed, in words: seen at once, and spoken when it has come to rest.
    say(text) {
      change(figure.words, { text });
      clearTimeout(figure.speaking);
      figure.speaking = setTimeout(() => change(figure.spoken, { text }), 400);
    },
    // A row of controls; those that follow stand in it.
    row(show = () => true) {
      const node = html("div", { class: "bp-live-row" });
      figure.rows.append(node);
      figure.controls.push({ sync: state => change(node, { hidden: !show(state) }) });
      return node;
    },
  };
  for (const [kind, make] of Object.entries(controls)) {
    made[kind] = (...given) => {
      const control = make(figure, ...given);
      (figure.rows.lastElementChild ?? figure.row()).append(control.node);
      figure.controls.push(control);
      return control;
    };
  }
  return made;
}

// Build everything for the width that there is.
function build(figure) {
  figure.stage = html("div", { class: "bp-live-stage" });
  const lines = (figure.kind.lines ?? 2) + (figure.width < 480 ? 1 : 0);
  figure.words = html("p", { class: "bp-live-words", style: `min-height: ${1.5 * lines}em` });
  figure.rows = html("div", { class: "bp-live-rows" });
  figure.spoken = html("p", { class: "bp-live-spoken", "aria-live": "polite" });
  figure.controls = [];
  figure.root.replaceChildren(figure.stage, figure.words, figure.rows, foot(figure), figure.spoken);
  figure.show = figure.kind.build(figure);
  refresh(figure);
  // Only now does the still figure go: where something fails, it stays.
  figure.element.classList.add("bp-awake");
}

function refresh(figure) {
  if (!figure.show) return;
  figure.show(figure.state);
  for (const control of figure.controls) control.sync(figure.state);
  change(figure.link, { href: address(figure) });
}

function foot(figure) {
  const again = html("button", { type: "button", text: "Start again" });
  again.addEventListener("click", () => {
    figure.again?.();
    figure.set(figure.start);
  });
  figure.link = html("a", { href: "#", text: "Link to this state" });
  figure.link.addEventListener("click", event => {
    event.preventDefault();
    history.replaceState(null, "", address(figure));
    navigator.clipboard?.writeText(location.href).catch(() => {});
    change(figure.link, { text: "It stands in the address bar" });
    setTimeout(() => change(figure.link, { text: "Link to this state" }), 2500);
  });
  return html("div", { class: "bp-live-foot" }, again, figure.link);
}

function followWidth(figure) {
  const fit = () => {
    const width = Math.min(figure.element.clientWidth, figure.kind.width ?? 560);
    if (width === 0 || width === figure.width) return;
    figure.width = width;
    build(figure);
  };
  fit();
  new ResizeObserver(fit).observe(figure.element);
  new IntersectionObserver(([seen]) => { figure.visible = seen.isIntersecting; }).observe(figure.root);
}

// A canvas keeps the colors in which it was painted: with another theme it is painted again.
function followTheme(figure) {
  new MutationObserver(() => refresh(figure)).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

// The address of a state names what differs from the start: #fig-pencil-network?step=5&x=1,0.
function address(figure) {
  const parts = Object.entries(figure.state)
    .filter(([key, value]) => key in figure.start && written(value) !== written(figure.start[key]))
    .map(([key, value]) => `${key}=${encodeURIComponent(written(value)).replace(/%2C/g, ",")}`);
  return `#${figure.id}` + (parts.length ? `?${parts.join("&")}` : "");
}

function written(value) {
  return [value].flat().map(v => (typeof v === "number" ? Number(v.toPrecision(6)) : v)).join(",");
}

function followLink(figure) {
  const open = () => {
    const [id, query] = location.hash.slice(1).split("?");
    if (!figure.id || id !== figure.id || query === undefined) return;
    figure.again?.();
    figure.set({ ...figure.start, ...read(query, figure.start) });
    figure.element.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", open);
  open();
}

// Read a state from an address. What is not of the kind that the start has is left out.
function read(query, start) {
  const found = {};
  for (const [key, text] of new URLSearchParams(query)) {
    const like = start[key], parts = text.split(","), values = parts.map(Number);
    const finite = values.every(Number.isFinite) && parts.every(part => part.trim());
    if (typeof like === "number" && values.length === 1 && finite) found[key] = values[0];
    if (typeof like === "string") found[key] = text;
    if (typeof like === "boolean") found[key] = text === "true";
    if (Array.isArray(like) && finite && like.length === values.length) found[key] = values;
  }
  return found;
}

function tidied(figure, state) {
  return { ...state, ...figure.kind.tidy?.(state, figure.data) };
}
