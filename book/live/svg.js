// What figures draw with: SVG elements, numbers in the book's letters, axes, and a network.

const SVG = "http://www.w3.org/2000/svg";

// Make an SVG element: svg("circle", { r: 4, class: "blue" }, ...children).
function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

// Make an HTML element: html("button", { type: "button", onclick: f }, "Step").
function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function filled(node, attributes, children) {
  change(node, attributes);
  node.append(...children.filter(each => each != null));
  return node;
}

// Set attributes; null and false remove one, true sets it empty, text sets what is written inside.
function change(node, attributes) {
  for (const [key, given] of Object.entries(attributes)) {
    const value = given === true && key.startsWith("aria-") ? "true" : given;
    if (key === "text") {
      if (node.textContent !== String(value)) node.textContent = value;
    } else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value == null || value === false) node.removeAttribute(key);
    else if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value === true ? "" : value);
  }
  return node;
}

// A number with at most so many decimals: 0.3285, −0.144, 2. Fixed decimals keep columns still.
function num(value, decimals = 4) {
  return minusSign(String(Number(value.toFixed(decimals)) + 0));
}

function fixed(value, decimals = 2) {
  const text = value.toFixed(decimals);
  return minusSign(Number(text) === 0 ? text.replace("-", "") : text);
}

function minusSign(text) {
  return text.replace(/-/g, "\u2212");
}

// A factor in a product: (−0.144), but 0.5.
function factor(value, decimals = 4) {
  return Number(value.toFixed(decimals)) < 0 ? `(${num(value, decimals)})` : num(value, decimals);
}

// Indices as letters: up(2) is ², down(12) is ₁₂.
const up = index => String(index).replace(/\d/g, d => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
const down = index => String(index).replace(/\d/g, d => "₀₁₂₃₄₅₆₇₈₉"[d]);

// A picture of this size in pixels. One unit is one pixel, so that text keeps its size on a phone.
function picture(width, height, label) {
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
}

// Axes in the style of the still figures. Returns the group to draw in and the scales X and Y.
function axes({ at = [0, 0], size, x, y, xticks, yticks, xlabel, ylabel, xtick = v => num(v, 6) }) {
  const [left, top] = [at[0] + 44, at[1] + 8], [right, bottom] = [at[0] + size[0] - 14, at[1] + size[1] - 40];
  const X = v => left + (v - x[0]) / (x[1] - x[0]) * (right - left);
  const Y = v => bottom - (v - y[0]) / (y[1] - y[0]) * (bottom - top);
  const group = svg("g", { "aria-hidden": true });
  for (const v of xticks) {
    group.append(svg("line", { class: "grid", x1: X(v), x2: X(v), y1: top, y2: bottom }),
      svg("text", { class: "tick", x: X(v), y: bottom + 16, "text-anchor": "middle", text: xtick(v) }));
  }
  for (const v of yticks) {
    group.append(svg("line", { class: "grid", x1: left, x2: right, y1: Y(v), y2: Y(v) }),
      svg("text", { class: "tick", x: left - 6, y: Y(v) + 4, "text-anchor": "end", text: num(v, 6) }));
  }
  group.append(svg("path", { class: "spine", d: `M${left} ${top}V${bottom}H${right}` }));
  if (xlabel) group.append(svg("text", { x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle", text: xlabel }));
  if (ylabel) {
    const middle = (top + bottom) / 2, place = `rotate(-90 ${at[0] + 11} ${middle})`;
    group.append(svg("text", { x: at[0] + 11, y: middle, "text-anchor": "middle", transform: place, text: ylabel }));
  }
  const inside = svg("g", { "clip-path": `url(#${clip(group, left, top, right, bottom)})` });
  group.append(inside);
  return { group, inside, X, Y, box: { left, top, right, bottom } };
}

// Let nothing be drawn outside a rectangle; return the name of the clip path.
let clips = 0;
function clip(group, left, top, right, bottom) {
  const id = `bp-live-clip-${++clips}`;
  const area = svg("rect", { x: left, y: top - 4, width: right - left + 4, height: bottom - top + 4 });
  group.append(svg("clipPath", { id }, area));
  return id;
}

// The path through points of a plot.
function line(points, { X, Y }) {
  const place = ([x, y]) => `${X(x).toFixed(1)} ${bounded(Y(y), -1e4, 1e4).toFixed(1)}`;
  return points.length ? "M" + points.map(place).join("L") : "";
}

const bounded = (v, low, high) => Math.min(Math.max(v, low), high);
const range = (n, from = 0) => Array.from({ length: n }, (_, i) => i + from);

// Let the pointer drag in an SVG: move(x, y) in its units, while the button or the finger is down.
function drag(picture, target, move, end = () => {}) {
  const place = event => {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(picture.getScreenCTM().inverse());
  };
  target.style.touchAction = "none";
  target.addEventListener("pointerdown", event => {
    event.preventDefault();
    target.setPointerCapture(event.pointerId);
    const { x, y } = place(event);
    move(x, y, true);
  });
  target.addEventListener("pointermove", event => {
    if (!target.hasPointerCapture(event.pointerId)) return;
    const { x, y } = place(event);
    move(x, y, false);
  });
  target.addEventListener("pointerup", end);
}

// Show a change for so many milliseconds: draw(t) with t from 0 to 1; with reduced motion at once.
function glide(milliseconds, draw) {
  const begin = performance.now();
  if (calm()) return draw(1);
  const turn = now => {
    const t = bounded((now - begin) / milliseconds, 0, 1);
    draw(t);
    if (t < 1) requestAnimationFrame(turn);
  };
  turn(begin);
}
