// A circuit of gates: values above the wires, gradients below, forward and back one gate at a time.

const circuit = {
  name: "A circuit, forward and back",
  width: 560,
  start: data => ({ step: 0, values: data.inputs.map(each => each.value), nudged: -1, nudge: 0.1 }),
  tidy: (state, data) => ({
    step: bounded(Math.round(state.step), 0, 2 * data.gates.length),
    values: state.values.map(v => bounded(v, -9, 9)),
    nudged: bounded(Math.round(state.nudged), -1, data.inputs.length - 1),
    nudge: bounded(state.nudge, -1, 1),
  }),

  build(figure) {
    const { inputs, gates } = figure.data, drawing = circuitDrawing(figure), last = 2 * gates.length;
    figure.add(drawing.node);
    figure.row();
    figure.button("Back", () => figure.set({ step: figure.state.step - 1 }), { disabled: state => state.step === 0 });
    figure.button("Step", () => figure.set({ step: figure.state.step + 1 }), { disabled: state => state.step === last });
    figure.slider("step", { say: "step", min: 0, max: last, step: 1, show: n => `${n} of ${last}` });
    figure.row();
    inputs.forEach(({ name }, i) => figure.slider(`values.${i}`, { label: name, min: -9, max: 9, step: 0.5, show: v => num(v) }));
    figure.row();
    figure.menu("nudged", { label: "nudge", options: [[-1, "nothing"], ...inputs.map(({ name }, i) => [i, name])] });
    figure.slider("nudge", { label: "by", min: -1, max: 1, step: 0.01, show: v => fixed(v) });
    return state => {
      const now = circuitCompute(figure.data, state);
      drawing.show(now, state);
      figure.say(circuitWords(figure.data, state, now));
    };
  },
};

// What a gate makes of its inputs, and its rate with respect to each.
const CIRCUIT_GATES = {
  "×": { of: ([u, v]) => u * v, rates: ([u, v]) => [v, u], says: "swaps" },
  "+": { of: ([u, v]) => u + v, rates: () => [1, 1], says: "distributes" },
  max: { of: ([u, v]) => Math.max(u, v), rates: ([u, v]) => (u >= v ? [1, 0] : [0, 1]), says: "routes" },
};

function circuitCompute({ inputs, gates }, { values }) {
  const value = circuitForward(inputs, gates, values), gradient = {}, shares = [];
  for (const { name } of [...inputs, ...gates]) gradient[name] = 0;
  gradient[gates.at(-1).name] = 1;
  for (const gate of [...gates].reverse()) {
    const given = gate.from.map(name => value[name]), rates = CIRCUIT_GATES[gate.kind].rates(given);
    shares.push(gate.from.map((to, i) => ({ gate, to, rate: rates[i], worth: rates[i] * gradient[gate.name] })));
    gate.from.forEach((to, i) => { gradient[to] += rates[i] * gradient[gate.name]; });
  }
  return { value, gradient, shares };
}

function circuitForward(inputs, gates, values) {
  const value = Object.fromEntries(inputs.map(({ name }, i) => [name, values[i]]));
  for (const { name, kind, from } of gates) value[name] = CIRCUIT_GATES[kind].of(from.map(each => value[each]));
  return value;
}

function circuitDrawing({ data, width }) {
  const { inputs, gates } = data, height = 300, all = [...inputs, ...gates], last = gates.at(-1);
  const node = picture(width, height, "The circuit: inputs at the left, gates, and the result at the right");
  const X = v => 26 + v * (width - 52), Y = v => 30 + (1 - v) * (height - 60);
  const at = Object.fromEntries(all.map(each => [each.name, [X(each.at[0]), Y(each.at[1])]]));
  const wires = gates.flatMap(gate => gate.from.map((from, i) => circuitWire(node, at[from], at[gate.name], { gate, from, i })));
  const [x, y] = at[last.name];
  const out = circuitWire(node, [x, y], [width - 12, y], { from: last.name });
  for (const { name, kind } of all) {
    const [cx, cy] = at[name];
    if (kind) node.append(svg("circle", { class: "neuron", cx, cy, r: 19 }));
    else node.append(svg("circle", { class: "paper", cx, cy, r: 13 }));
    node.append(svg("text", { class: kind ? null : "bold", x: cx, y: cy + 4, "text-anchor": "middle", text: kind ?? name }));
  }
  const show = ({ value, shares }, { step }) => {
    const known = name => inputs.some(each => each.name === name) || gates.findIndex(gate => gate.name === name) < step;
    const done = shares.slice(0, Math.max(0, step - gates.length));
    for (const { gate, from, i, above, below } of wires) {
      const share = done.flat().find(each => each.gate === gate && each.to === from && gate.from.indexOf(from) === i);
      change(above, { text: known(from) ? num(value[from], 2) : "" });
      change(below, { text: share ? num(share.worth, 2) : "" });
    }
    change(out.above, { text: known(last.name) ? num(value[last.name], 2) : "" });
    change(out.below, { text: step >= gates.length ? "1" : "" });
  };
  return { node, show };
}

function circuitWire(node, [x1, y1], [x2, y2], about) {
  const [x, y] = [x1 + 0.52 * (x2 - x1), y1 + 0.52 * (y2 - y1)];
  const above = svg("text", { class: "blue", x, y: y - 5, "text-anchor": "middle" });
  const below = svg("text", { class: "orange", x, y: y + 15, "text-anchor": "middle" });
  node.prepend(svg("line", { class: "muted thin", x1, y1, x2, y2 }));
  node.append(above, below);
  return { ...about, above, below };
}

function circuitWords({ inputs, gates, formula }, { step, values, nudged, nudge }, { value, gradient, shares }) {
  const result = value[gates.at(-1).name], at = inputs.map(({ name }, i) => `${name} = ${num(values[i])}`).join(", ");
  const done = step === 2 * gates.length;
  return `${circuitStep({ gates, formula, at }, step, value, gradient, shares)}\n${circuitNudge({ inputs, gates }, { values, nudged, nudge, done }, result, gradient)}`;
}

function circuitStep({ gates, formula, at }, step, value, gradient, shares) {
  if (step === 0) return `f = ${formula} at ${at}. Press Step: values run from left to right.`;
  if (step <= gates.length) {
    const { name, kind, from } = gates[step - 1], given = from.map(each => factor(value[each], 2));
    const made = kind === "max" ? `max(${given.join(", ")})` : given.join(` ${kind} `);
    return `Forward: ${made} = ${num(value[name], 2)}.` + (step === gates.length ? " The gradient of the result with respect to itself is 1." : "");
  }
  const shared = shares[step - gates.length - 1], { gate } = shared[0];
  const parts = shared.map(({ rate, worth }) => `${factor(rate, 2)} · ${factor(gradient[gate.name], 2)} = ${num(worth, 2)}`);
  return `Back: ${gate.kind} ${CIRCUIT_GATES[gate.kind].says}. Rate times the gradient that arrives: ${parts.join(" and ")}.`;
}

// What a nudge of an input does to the result, beside what the gradient predicts.
// Before the way back is done it does not give the gradients away.
function circuitNudge({ inputs, gates }, { values, nudged, nudge, done }, result, gradient) {
  if (nudged < 0) return !done ? "" : `Gradients in full: ${inputs.map(({ name }) => `${name} ${num(gradient[name], 2)}`).join(", ")}.`;
  const { name } = inputs[nudged], moved = values.map((v, i) => (i === nudged ? v + nudge : v));
  const change_ = circuitForward(inputs, gates, moved)[gates.at(-1).name] - result;
  return `${name} moves by ${fixed(nudge)}: f changes by ${num(change_)}, and the gradient says ${num(gradient[name], 2)} · ${factor(nudge)} = ${num(gradient[name] * nudge)}.`;
}

define("circuit", circuit);
