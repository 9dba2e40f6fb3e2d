// Draw a digit: what a trained network makes of it, and what it would have different.

const DIGIT_LEVELS = "0123456789abcdefg"; // the ink of a pixel, in sixteenths

define("draw-a-digit", {
  name: "Draw a digit for the network to read",
  width: 640,
  lines: 3,
  start: data => ({ ink: digitText(data.examples[data.first]), meant: "?", tool: "pen" }),
  tidy: (state, data) => ({
    ink: /^[0-9a-g]{64}$/.test(state.ink) ? state.ink : digitText(data.examples[data.first]),
    meant: /^[0-9]$/.test(state.meant) ? state.meant : "?",
    tool: state.tool === "eraser" ? "eraser" : "pen",
  }),

  build(figure) {
    const slate = digitSlate(figure), result = digitResult(figure);
    figure.row();
    figure.choice("tool", { say: "Tool", options: [["pen", "Pen"], ["eraser", "Eraser"]] });
    figure.button("Clear", () => figure.set({ ink: "0".repeat(64) }));
    let shown = figure.data.first;
    figure.button("Another digit", () => {
      shown = (shown + 1) % figure.data.examples.length;
      figure.set({ ink: digitText(figure.data.examples[shown]) });
    });
    figure.row();
    figure.menu("meant", { label: "It is meant as", options: [["?", "\u2026"], ...range(10).map(d => [String(d), String(d)])] });
    figure.button("Change the pixels a little", () => figure.set({ ink: digitChanged(figure) }), { disabled: state => state.meant === "?" });
    return state => {
      const now = digitCompute(figure.data, state);
      slate(state, now);
      result(now);
      figure.say(digitWords(now));
    };
  },
});

const digitText = levels => levels.map(v => DIGIT_LEVELS[v]).join("");
const digitInk = text => [...text].map(c => DIGIT_LEVELS.indexOf(c) / 16);

function digitCompute({ network }, { ink, meant }) {
  const x = digitInk(ink).map(v => [v]), trace = forward(network, x), a = trace.a[3].map(([v]) => v);
  const now = { x, trace, a, guess: a.indexOf(Math.max(...a)), meant: meant === "?" ? null : Number(meant) };
  if (now.meant === null) return now;
  const y = range(10).map(d => [d === now.meant ? 1 : 0]);
  const grad = backward(network, trace, y, "log_likelihood");
  now.delta = grad.delta[3].map(([d]) => d);
  now.cost = costOf("log_likelihood", trace.a[3], y);
  // The derivative of the cost with respect to each pixel: one more step back, without a slope.
  now.pixels = matmul(transpose(network.w[2]), grad.delta[2]).map(([d]) => d);
  return now;
}

function digitWords({ a, guess, meant, cost, delta }) {
  const percent = p => `${num(100 * p, p < 0.1 ? 4 : 1)} %`;
  const says = `The network says ${guess}, with a probability of ${percent(a[guess])}.`;
  if (meant === null) return `${says}\nWhat was it meant as? Choose, and the errors appear.`;
  return `${says}\nA ${meant} gets ${percent(a[meant])}, so the cost is C = ${num(cost, 3)}. Its error is δ = ${num(delta[meant], 3)}.`
    + "\nMore ink at +, less at −, and the cost falls.";
}

// The pixels after a small step against the slope, the most that one changes being a quarter.
function digitChanged({ data, state }) {
  const { pixels, x } = digitCompute(data, state), most = Math.max(...pixels.map(Math.abs));
  return digitText(x.map(([v], i) => Math.round(16 * bounded(v - 0.25 * pixels[i] / most, 0, 1))));
}

// The field of 8 by 8 pixels. The pointer draws; by keyboard, arrows move and Space adds ink.
function digitSlate(figure) {
  const cell = figure.width < 480 ? Math.floor((figure.width - 2) / 8) : 30, node = picture(8 * cell + 2, 8 * cell + 2, "Your digit, 8 by 8 pixels");
  change(node, { role: "grid" });
  let place = 0;
  const pixels = range(64).map(i => svg("rect", {
    class: "pixel", role: "gridcell", tabindex: i ? -1 : 0, width: cell, height: cell, x: 1 + cell * (i % 8), y: 1 + cell * Math.floor(i / 8),
  }));
  const ink = pixels.map((_, i) => svg("rect", { class: "ink fill", width: cell, height: cell, x: 1 + cell * (i % 8), y: 1 + cell * Math.floor(i / 8), "aria-hidden": true }));
  const marks = svg("g", { "aria-hidden": true }), frame = svg("rect", { class: "muted thin", x: 1, y: 1, width: 8 * cell, height: 8 * cell, "aria-hidden": true });
  node.append(svg("g", { "pointer-events": "none", "aria-hidden": true }, ...ink), ...range(8).map(r => svg("g", { role: "row" }, ...pixels.slice(8 * r, 8 * r + 8))),
    svg("g", { "pointer-events": "none", "aria-hidden": true }, frame, marks));
  figure.add(node);
  digitPen(figure, node, cell);
  node.addEventListener("keydown", event => {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8 }[event.key];
    const off = (event.key === "ArrowLeft" && place % 8 === 0) || (event.key === "ArrowRight" && place % 8 === 7);
    if (move && !off && pixels[place + move]) {
      change(pixels[place], { tabindex: -1 });
      place += move;
      change(pixels[place], { tabindex: 0 }).focus();
    } else if (event.key === " " || event.key === "Enter") digitPaint(figure, [[place % 8 + 0.5, Math.floor(place / 8) + 0.5]], 0.4);
    else if (!move) return;
    event.preventDefault();
  });
  return (state, now) => {
    now.x.forEach(([v], i) => {
      change(ink[i], { "fill-opacity": v });
      change(pixels[i], { "aria-label": `row ${Math.floor(i / 8) + 1}, column ${i % 8 + 1}: ink ${num(v, 2)}` });
    });
    marks.replaceChildren(...(now.pixels ? digitWishes(now, cell) : []));
  };
}

// Where the network wants more ink, or less: the stronger the slope, the larger the sign.
function digitWishes({ pixels, x }, cell) {
  const most = Math.max(...pixels.map(Math.abs));
  return pixels.flatMap((slope, i) => {
    const size = Math.sqrt(Math.abs(slope) / most) * cell * 0.26, more = slope < 0;
    if (size < cell * 0.1 || (more ? x[i][0] === 1 : x[i][0] === 0)) return [];
    const [cx, cy] = [1 + cell * (i % 8 + 0.5), 1 + cell * (Math.floor(i / 8) + 0.5)];
    const sign = `M${cx - size} ${cy}h${2 * size}` + (more ? `M${cx} ${cy - size}v${2 * size}` : "");
    return [svg("circle", { class: "paper", cx, cy, r: size + 3 }), svg("path", { class: more ? "blue" : "orange", d: sign })];
  });
}

function digitPen(figure, node, cell) {
  let before = null;
  drag(node, node, (px, py, first) => {
    const here = [(px - 1) / cell, (py - 1) / cell], from = first || !before ? here : before;
    digitPaint(figure, range(5, 1).map(t => [0, 1].map(c => from[c] + t / 5 * (here[c] - from[c]))));
    before = here;
  }, () => { before = null; });
}

// Put ink on the pixels around some points, the more the nearer; the eraser takes it away.
function digitPaint(figure, points, radius = 1) {
  const erase = figure.state.tool === "eraser";
  const ink = digitInk(figure.state.ink).map((v, i) => {
    const distance = Math.min(...points.map(([x, y]) => Math.hypot(x - i % 8 - 0.5, y - Math.floor(i / 8) - 0.5)));
    const touched = bounded(1.25 - distance / radius, 0, 1);
    return erase ? Math.min(v, 1 - touched) : Math.max(v, touched);
  });
  figure.set({ ink: digitText(ink.map(v => Math.round(16 * v))) });
}

// The hidden neurons, and the ten outputs with their probabilities and errors.
function digitResult(figure) {
  const width = Math.min(figure.width, figure.width >= 560 ? 360 : 342), node = picture(width, 282, "What the network computes");
  const hidden = figure.data.network.w[2].map((_, j) => {
    const at = { cx: 12 + (width - 24) / 14 * (j % 15), cy: 30 + 18 * Math.floor(j / 15), r: 6.5 };
    node.append(svg("circle", { class: "muted thin", ...at }));
    return node.appendChild(svg("circle", { class: "green fill", ...at }));
  });
  node.append(svg("text", { class: "muted", x: 4, y: 12, text: `${hidden.length} hidden neurons` }),
    svg("text", { class: "muted", x: 24, y: 76, text: "probability" }));
  const errors = node.appendChild(svg("text", { class: "orange", x: width - 4, y: 76, "text-anchor": "end", text: "error δ" }));
  const bar = width - 170, rows = range(10).map(d => {
    const y = 94 + 20 * d, name = svg("text", { x: 8, y: y + 4, text: d });
    const share = svg("rect", { class: "blue fill", x: 24, y: y - 7, height: 14 });
    const text = svg("text", { y: y + 4 }), error = svg("text", { class: "orange", x: width - 4, y: y + 4, "text-anchor": "end" });
    node.append(name, share, text, error);
    return { name, share, text, error };
  });
  figure.add(node);
  return ({ trace, a, guess, meant, delta }) => {
    hidden.forEach((dot, j) => change(dot, { "fill-opacity": trace.a[2][j][0].toFixed(3) }));
    change(errors, { visibility: delta ? "visible" : "hidden" });
    rows.forEach(({ name, share, text, error }, d) => {
      change(share, { width: 1 + bar * a[d] });
      change(text, { x: 32 + bar * a[d], text: `${fixed(100 * a[d], 1)} %`, class: d === guess ? "bold" : "" });
      change(name, { class: d === meant ? "bold orange" : d === guess ? "bold" : "" });
      change(error, { text: delta ? fixed(delta[d], 3) : "", class: d === meant ? "bold orange" : "orange" });
    });
  };
}
