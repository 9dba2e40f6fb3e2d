// The stepper: one example through a small sigmoid network, forward and back, one number at a time;
// a neuron nudged, and what comes of it at the far end; every number to be changed.

define("stepper", {
  name: "Backpropagation, one number at a time",
  width: 560,
  lines: 4,
  start: data => ({
    mode: "step", step: 0, neuron: "2.1", nudge: 0.1, number: stepperNumbers(data).find(n => n.name[0] === "w").name,
    values: stepperNumbers(data).map(n => n.value),
  }),

  tidy(state, data) {
    const known = stepperNumbers(data), neurons = stepperNeurons(data);
    return {
      mode: ["step", "nudge", "change"].includes(state.mode) ? state.mode : "step",
      step: Math.round(bounded(state.step, 0, stepperSteps(data).length - 1)),
      neuron: neurons.includes(state.neuron) ? state.neuron : neurons[0],
      nudge: bounded(state.nudge, -1, 1),
      number: known.some(n => n.name === state.number) ? state.number : known[0].name,
      values: state.values.map(v => bounded(v, -20, 20)),
    };
  },

  build(figure) {
    const steps = stepperSteps(figure.data), drawing = stepperDrawing(figure);
    stepperControls(figure, steps);
    return state => {
      const now = stepperCompute(figure.data, state), step = steps[state.step];
      const words = { step: () => stepperProduct(now, step), nudge: () => stepperMeasured(now, state), change: () => stepperSlope(now, state) };
      drawing(state, now, state.mode === "step" ? state.step : steps.length, step);
      figure.say(words[state.mode]());
    };
  },
});

function stepperControls(figure, steps) {
  const { data } = figure, at = state => steps[state.step].stage, last = steps.length - 1;
  const go = step => figure.set({ mode: "step", step });
  figure.row();
  figure.choice("mode", { say: "What to do", options: [["step", "Step through"], ["nudge", "Nudge"], ["change", "Change"]] });
  figure.row(state => state.mode === "step");
  figure.button("Back", () => go(figure.state.step - 1), { disabled: state => state.step === 0 });
  figure.button("Step", () => go(figure.state.step + 1), { disabled: state => state.step === last });
  figure.slider("step", { say: "step", min: 0, max: last, step: 1, show: n => `${n} of ${last}` });
  figure.row(state => state.mode === "step");
  for (const stage of ["Forward", "BP1", "BP2", "BP3", "BP4"]) {
    figure.button(stage, () => go(steps.findIndex(s => s.stage === stage)), { pressed: state => at(state) === stage });
  }
  figure.row(state => state.mode === "nudge");
  figure.choice("neuron", { label: "Neuron", options: stepperNeurons(data).map(n => [n, `z${up(n[0])}${down(n[2])}`]) });
  figure.slider("nudge", { label: "nudge Δz", min: -1, max: 1, step: 0.01, show: v => fixed(v) });
  figure.row(state => state.mode === "change");
  figure.menu("number", { label: "Number", options: stepperNumbers(data).map(n => [n.name, n.text]) });
  const key = state => `values.${stepperNumbers(data).findIndex(n => n.name === state.number)}`;
  figure.slider(key, { say: "its value", min: -8, max: 8, step: 0.1, quiet: true });
  figure.number(key, { say: "its value, typed", min: -20, max: 20 });
}

// Every number of the example: inputs, targets, weights, biases; named x1, y2, w2.12, b3.1.
function stepperNumbers({ network, x, y }) {
  const column = (letter, values) => values.map(([value], j) => ({ name: `${letter}${j + 1}`, text: letter + down(j + 1), value }));
  const found = [...column("x", x), ...column("y", y)];
  for (let l = 2; l <= depth(network); l++) {
    network.w[l].forEach((row, j) => row.forEach((value, k) => {
      found.push({ name: `w${l}.${j + 1}${k + 1}`, text: `w${up(l)}${down(`${j + 1}${k + 1}`)}`, value });
    }));
    network.b[l].forEach(([value], j) => found.push({ name: `b${l}.${j + 1}`, text: `b${up(l)}${down(j + 1)}`, value }));
  }
  return found;
}

function stepperNeurons({ network }) {
  return range(depth(network) - 1, 2).flatMap(l => network.b[l].map((_, j) => `${l}.${j + 1}`));
}

// What is computed, in order: each step names its stage and the number that it finds.
function stepperSteps({ network }) {
  const L = depth(network), layers = range(L - 1, 2), js = l => range(network.b[l].length);
  const of = (stage, kind, l) => js(l).map(j => ({ stage, kind, l, j }));
  return [
    { stage: "Forward", kind: "input", l: 1 },
    ...layers.flatMap(l => of("Forward", "forward", l)),
    { stage: "Forward", kind: "cost", l: L },
    ...of("BP1", "bp1", L),
    ...layers.slice(0, -1).reverse().flatMap(l => of("BP2", "bp2", l)),
    ...layers.slice().reverse().flatMap(l => of("BP3", "bp3", l)),
    ...layers.slice().reverse().flatMap(l => of("BP4", "bp4", l).flatMap(s => range(network.w[l][0].length).map(k => ({ ...s, k })))),
  ];
}

// The network of the state's numbers, both passes through it, and the cost when a neuron is nudged.
function stepperCompute({ network, x, y }, { values, neuron, nudge }) {
  const rest = [...values], take = like => each(() => rest.shift(), like);
  const now = { x: take(x), y: take(y) }, w = {}, b = {};
  for (let l = 2; l <= depth(network); l++) [w[l], b[l]] = [take(network.w[l]), take(network.b[l])];
  now.net = { ...network, w, b };
  now.trace = forward(now.net, now.x);
  now.grad = backward(now.net, now.trace, now.y, "quadratic");
  now.L = depth(network);
  now.cost = costOf("quadratic", now.trace.a[now.L], now.y);
  const [l, j] = neuron.split(".").map(Number);
  now.nudged = stepperNudge(now, l, j - 1, nudge);
  return now;
}

// Run the network on from layer l, with a little added to one weighted input.
function stepperNudge({ net, trace, y, L }, l, j, nudge) {
  const z = { ...trace.z, [l]: trace.z[l].map(([v], i) => [i === j ? v + nudge : v]) }, a = { ...trace.a };
  for (let m = l; m <= L; m++) {
    if (m > l) z[m] = plus(matmul(net.w[m], a[m - 1]), net.b[m]);
    a[m] = ACTIVATIONS[net.activations[m]].of(z[m]);
  }
  return { l, j, z, a, cost: costOf("quadratic", a[L], y) };
}

// The product of a step, written out.
function stepperProduct(now, { kind, l, j, k }) {
  const { net, trace: { z, a }, grad: { delta, w: gradW }, y, L } = now, n = j + 1;
  const name = (letter, layer, index) => `${letter}${up(layer)}${down(index)}`;
  const A = (layer, i) => num(a[layer][i][0]), D = (layer, i) => factor(delta[layer][i][0]), rest = i => `${A(l, i)} · (1 − ${A(l, i)})`;
  const prime = l > 1 && j !== undefined && num(a[l][j][0] * (1 - a[l][j][0]));
  const inputs = l > 1 ? range(a[l - 1].length) : [];
  return {
    input: () => `The input: ${now.x.map(([v], i) => `a¹${down(i + 1)} = x${down(i + 1)} = ${num(v)}`).join(", ")}.\nPress Step, and follow one number after the other, forward and back.`,
    forward: () => `Forward, what arrives at a neuron and what it passes on:\n${name("z", l, n)} = ${inputs.map(i => `${name("w", l, `${n}${i + 1}`)} ${name("a", l - 1, i + 1)} + `).join("")}${name("b", l, n)}`
      + `\n= ${inputs.map(i => `${factor(net.w[l][j][i])} · ${factor(a[l - 1][i][0])} + `).join("")}${factor(net.b[l][j][0])} = ${num(z[l][j][0])}`
      + `\n${name("a", l, n)} = σ(${num(z[l][j][0])}) = ${A(l, j)}`,
    cost: () => `The cost, half the sum of the squared errors:\nC = ½ [ ${y.map(([v], i) => `(${A(L, i)} − ${factor(v)})²`).join(" + ")} ] = ${num(now.cost)}`,
    bp1: () => `BP1, the error of an output:\n${name("δ", l, n)} = (${name("a", l, n)} − y${down(n)}) · σ′(${name("z", l, n)})`
      + `\n= (${A(l, j)} − ${factor(y[j][0])}) · ${rest(j)}\n= ${factor(a[l][j][0] - y[j][0])} · ${prime} = ${num(delta[l][j][0])}`,
    bp2: () => `BP2, the error one layer back:\n${name("δ", l, n)} = (${range(delta[l + 1].length).map(i => `${name("w", l + 1, `${i + 1}${n}`)} ${name("δ", l + 1, i + 1)}`).join(" + ")}) · σ′(${name("z", l, n)})`
      + `\n= (${range(delta[l + 1].length).map(i => `${factor(net.w[l + 1][i][j])} · ${D(l + 1, i)}`).join(" + ")}) · ${rest(j)}`
      + `\n= ${factor(sum(delta[l + 1].map(([d], i) => d * net.w[l + 1][i][j])))} · ${prime} = ${num(delta[l][j][0])}`,
    bp3: () => `BP3, the derivative with respect to a bias:\n∂C/∂${name("b", l, n)} = ${name("δ", l, n)} = ${num(delta[l][j][0])}`,
    bp4: () => `BP4, the derivative with respect to a weight:\n∂C/∂${name("w", l, `${n}${k + 1}`)} = ${name("a", l - 1, k + 1)} ${name("δ", l, n)}\n= ${factor(a[l - 1][k][0])} · ${D(l, j)} = ${num(gradW[l][j][k])}`,
  }[kind]();
}

// The nudge, its effect on the cost, and the quotient beside delta.
function stepperMeasured({ nudged: { l, j, cost: after }, cost, grad }, { nudge }) {
  const name = `${up(l)}${down(j + 1)}`, delta = num(grad.delta[l][j][0]), change = after - cost;
  if (nudge === 0) return `No nudge, no change. The error δ${name} = ${delta} is what the quotient ΔC/Δz comes to as the nudge shrinks.`;
  return `Add ${num(nudge)} to z${name}. The cost goes from ${num(cost, 6)} to ${num(after, 6)}.`
    + `\nMeasured: ΔC/Δz = ${num(change, 6)} / ${factor(nudge)} = ${num(change / nudge)}.\nBackpropagation: δ${name} = ${delta}.`;
}

// The number being changed, the cost, and the slope of the cost with respect to it.
function stepperSlope(now, { number, values }) {
  const { net, trace: { a }, grad, y, L } = now, [letter, l] = number, index = number.replace(/^[wb]\d\.|^[xy]/, "");
  const [j, k] = [...index].map(i => i - 1), value = v => `${text} = ${num(v)}, and the cost is C = ${num(now.cost)}.`;
  const text = l && "wb".includes(letter) ? `${letter}${up(l)}${down(index)}` : letter + down(index);
  const given = { x: () => now.x[j][0], y: () => y[j][0], w: () => net.w[l][j][k], b: () => net.b[l][j][0] }[letter]();
  const slope = {
    x: () => `(${range(grad.delta[2].length).map(i => `w²${down(`${i + 1}${j + 1}`)} δ²${down(i + 1)}`).join(" + ")}) = ${num(matmul(transpose(net.w[2]), grad.delta[2])[j][0])}`,
    y: () => `y${down(j + 1)} − a${up(L)}${down(j + 1)} = ${num(y[j][0] - a[L][j][0])}`,
    w: () => `a${up(l - 1)}${down(k + 1)} δ${up(l)}${down(j + 1)} = ${factor(a[l - 1][k][0])} · ${factor(grad.delta[l][j][0])} = ${num(grad.w[l][j][k])}`,
    b: () => `δ${up(l)}${down(j + 1)} = ${num(grad.b[l][j][0])}`,
  }[letter]();
  return `${value(given)}\n∂C/∂${text} = ${slope}`;
}

// The network: neurons with activation, error and bias, edges with weight and derivative.
function stepperDrawing(figure) {
  const { data, width } = figure, L = depth(data.network), wide = width >= 480, height = wide ? 340 : 326, r = 24;
  const node = picture(width, height, "The network: layers from left to right, weights on the lines");
  const right = width - (wide ? 110 : 50), rows = [92, height - 66];
  const at = (l, j) => [36 + (l - 1) * (right - 36) / (L - 1), rows[j] ?? (rows[0] + rows[1]) / 2];
  const below = svg("g"), above = svg("g"), touch = svg("g"), parts = [];
  const label = (group, x, y, kind = "") => {
    const text = svg("text", { x, y: y + 4, "text-anchor": "middle", class: kind });
    group.append(text);
    return text;
  };
  for (const l of range(L - 1, 2)) data.network.w[l].forEach((row, j) => row.forEach((_, k) => {
    parts.push(stepperEdge({ l, j, k, from: at(l - 1, k), to: at(l, j), below, above, touch, label, figure }));
  }));
  for (const l of range(L, 1)) (data.network.b[l] ?? data.x).forEach((_, j) => {
    parts.push(stepperNeuron({ l, j, L, at: at(l, j), r, wide, above, touch, label, figure }));
  });
  ["input", "hidden", "output"].forEach((title, i) => { change(label(above, at(i + 1, 0)[0], 14, "muted"), { text: title }); });
  const cost = label(above, at(L, 0)[0], (rows[0] + rows[1]) / 2, "bold");
  node.append(below, above, touch);
  figure.add(node);
  const steps = stepperSteps(data), costAt = steps.findIndex(s => s.kind === "cost");
  return (state, now, done, step) => {
    parts.forEach(part => part(state, now, done, state.mode === "step" ? step : {}));
    const shown = state.mode === "nudge" ? now.nudged.cost : now.cost;
    change(cost, { text: done >= costAt ? `C = ${num(shown)}` : "", class: state.mode === "nudge" ? "bold green" : "bold" });
  };
}

// The place of a step in the list: when its number is known.
function stepperIndex(data, like) {
  return stepperSteps(data).findIndex(s => Object.entries(like).every(([key, value]) => s[key] === value));
}

function stepperEdge({ l, j, k, from, to, below, above, touch, label, figure }) {
  const { data } = figure, straight = j === k, spot = t => [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
  const edge = svg("line", { class: "muted thin", x1: from[0], y1: from[1], x2: to[0], y2: to[1] });
  const plate = svg("rect", { class: "paper", height: 16 }), weight = spot(0.3), slope = spot(straight ? 0.6 : 0.7);
  below.append(edge);
  above.append(plate);
  const text = label(above, ...weight), under = svg("rect", { class: "paper", height: 16 });
  above.append(under);
  const gradient = label(above, slope[0], slope[1] + (straight ? (j === 0 ? -10 : 10) : 0), "orange");
  const pick = svg("rect", { class: "touch", x: weight[0] - 20, y: weight[1] - 20, width: 40, height: 40 });
  pick.addEventListener("click", () => figure.set({ mode: "change", number: `w${l}.${j + 1}${k + 1}` }));
  touch.append(pick);
  const known = stepperIndex(data, { kind: "bp4", l, j, k });
  return (state, now, done, step) => {
    const value = num(now.net.w[l][j][k]), found = done >= known ? num(now.grad.w[l][j][k]) : "";
    const forwards = step.kind === "forward" && step.l === l && step.j === j, backwards = step.kind === "bp2" && step.l === l - 1 && step.j === k;
    const own = step.kind === "bp4" && step.l === l && step.j === j && step.k === k;
    const { l: from, j: first } = now.nudged, carries = state.mode === "nudge" && l > from && (l > from + 1 || k === first);
    const chosen = state.mode === "change" && state.number === `w${l}.${j + 1}${k + 1}`;
    const color = forwards ? "blue" : backwards || own ? "orange" : carries ? "green" : chosen ? "purple" : "muted thin";
    change(edge, { class: color });
    change(text, { text: value, class: chosen ? "bold purple" : forwards ? "bold blue" : backwards ? "bold orange" : "" });
    stepperPlate(plate, weight, value);
    change(gradient, { text: state.mode === "nudge" ? "" : found, class: own ? "bold orange" : "orange" });
    stepperPlate(under, straight ? [0, -99] : slope, state.mode === "nudge" ? "" : found);
  };
}

function stepperPlate(plate, [x, y], text) {
  const width = text.length ? 7.8 * text.length + 6 : 0;
  change(plate, { x: x - width / 2, y: y - 8, width });
}

function stepperNeuron({ l, j, L, at: [x, y], r, wide, above, touch, label, figure }) {
  const { data } = figure, side = j === 0 ? -1 : 1, circle = svg("circle", { cx: x, cy: y, r, class: "neuron" });
  above.append(circle);
  const inside = label(above, x, y), error = label(above, x, y + side * 52, "orange"), bias = label(above, x, y + side * 35, "muted");
  const target = wide ? label(above, x + 56, y, "muted") : label(above, x + 10, y - side * 36, "muted");
  const pick = svg("circle", { class: "touch", cx: x, cy: y, r });
  pick.addEventListener("click", () => figure.set(
    l > 1 && figure.state.mode !== "change" ? { mode: "nudge", neuron: `${l}.${j + 1}` }
      : { mode: "change", number: l === 1 ? `x${j + 1}` : `b${l}.${j + 1}` }));
  touch.append(pick);
  const known = { a: stepperIndex(data, l === 1 ? { kind: "input" } : { kind: "forward", l, j }), delta: stepperIndex(data, { stage: l === L ? "BP1" : "BP2", l, j }), b: stepperIndex(data, { kind: "bp3", l, j }) };
  return (state, now, done, step) => {
    const here = step.l === l && (step.j === j || step.j === undefined && step.kind !== "cost"), nudging = state.mode === "nudge";
    const { nudged } = now, moved = nudging && (l > nudged.l || (l === nudged.l && j === nudged.j));
    const value = (nudging ? nudged : now.trace).a[l][j][0], change_ = value - now.trace.a[l][j][0];
    const feeds = (step.kind === "bp2" && step.l === l - 1) || (step.kind === "bp4" && step.l === l + 1 && step.k === j) || (step.kind === "cost" && l === L);
    const kind = here ? (step.stage === "Forward" ? "blue" : "orange") : moved ? "green" : feeds ? "muted" : "";
    change(circle, { class: `neuron ${kind && `ring ${kind}`}` });
    change(inside, { text: done >= known.a ? num(value) : "", class: `${moved ? "green" : ""} ${num(value).length > 5 ? "tick" : ""}` });
    change(error, { text: l > 1 && done >= known.delta ? `δ = ${num(now.grad.delta[l][j][0])}` : "", class: here && step.stage !== "Forward" ? "bold orange" : "orange" });
    const found = !nudging && done >= known.b && l > 1;
    const chosen = state.mode === "change" && state.number === (l === 1 ? `x${j + 1}` : `b${l}.${j + 1}`);
    change(bias, {
      text: moved ? `Δa ${change_ < 0 ? "" : "+"}${num(change_)}` : l === 1 ? "" : found ? `∂C/∂b ${num(now.grad.b[l][j][0])}` : `b = ${num(now.net.b[l][j][0])}`,
      class: moved ? "green" : found ? (step.kind === "bp3" && here ? "bold orange" : "orange") : chosen ? "purple bold" : "muted",
    });
    change(target, { text: l === L ? `want ${num(now.y[j][0])}` : "", class: state.mode === "change" && state.number === `y${j + 1}` ? "purple bold" : "muted" });
    if (chosen && l === 1) change(inside, { class: "purple bold" });
  };
}
