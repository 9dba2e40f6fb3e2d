// One sigmoid neuron: drag its weighted input along the curve, and see its error for two costs.

const saturation = {
  name: "The error of a sigmoid neuron, for two costs",
  width: 640,
  start: data => ({ z: data.z, y: data.y }),
  tidy: state => ({ z: bounded(state.z, -8, 8), y: state.y === 1 ? 1 : 0 }),

  build(figure) {
    const wide = figure.width >= 560;
    const size = [wide ? figure.width * 0.58 : figure.width, 250];
    const curve = saturationCurve(figure, size);
    const bars = saturationBars([wide ? figure.width * 0.42 - 10 : figure.width, wide ? 250 : 150]);
    figure.add(curve.node, bars.node);
    figure.row();
    figure.slider("z", { label: "z", say: "weighted input z", min: -8, max: 8, step: 0.1, show: v => fixed(v, 1) });
    figure.choice("y", { label: "target", options: [[0, "0"], [1, "1"]] });
    return state => {
      const neuron = saturationNeuron(state);
      curve.show(state, neuron);
      bars.show(neuron);
      figure.say(saturationWords(state, neuron));
    };
  },
};

// Activation, slope, and the error by BP1 for both costs.
function saturationNeuron({ z, y }) {
  const a = sigmoid(z), slope = sigmoidPrime(z);
  const errors = ["quadratic", "cross_entropy"].map(cost => {
    const net = { w: { 2: [[1]] }, b: { 2: [[0]] }, activations: { 2: "sigmoid" } };
    return outputError(net, { z: { 2: [[z]] }, a: { 2: [[a]] } }, [[y]], cost)[0][0];
  });
  return { a, slope, errors };
}

function saturationCurve(figure, size) {
  const node = picture(...size, "The sigmoid and its slope, with a point that can be dragged");
  const plot = axes({
    size, x: [-8, 8], y: [0, 1.05], xticks: [-8, -4, 0, 4, 8], yticks: [0, 0.25, 0.5, 0.75, 1], xlabel: "weighted input z",
  });
  const points = range(161).map(i => -8 + i / 10);
  plot.inside.append(
    svg("path", { class: "blue", d: line(points.map(z => [z, sigmoid(z)]), plot) }),
    svg("path", { class: "orange", d: line(points.map(z => [z, sigmoidPrime(z)]), plot) }),
    svg("text", { class: "blue", x: plot.X(1.6), y: plot.Y(0.7), text: "σ(z)" }),
    svg("text", { class: "orange", x: plot.X(1.9), y: plot.Y(0.17), text: "σ′(z)" }),
  );
  const level = svg("path", { class: "purple dashed thin" }), tangent = svg("path", { class: "orange" });
  const wish = svg("path", { class: "ink" }), foot = svg("circle", { class: "orange fill", r: 5 });
  const ball = svg("circle", { class: "ink fill", r: 7 }), touch = svg("circle", { class: "touch grab", r: 24 });
  plot.inside.append(level, wish, tangent, foot, ball);
  node.append(plot.group, touch);
  drag(node, touch, px => figure.set({ z: Number(bounded((px - plot.X(0)) / (plot.X(1) - plot.X(0)), -8, 8).toFixed(1)) }));
  const show = ({ z, y }, { a, slope }) => {
    const place = { cx: plot.X(z), cy: plot.Y(a) };
    change(level, { d: line([[-8, y], [8, y]], plot) });
    change(wish, { d: line([[z, a], [z, y]], plot) });
    change(tangent, { d: line([[z - 1.3, a - 1.3 * slope], [z + 1.3, a + 1.3 * slope]], plot) });
    change(foot, { cx: plot.X(z), cy: plot.Y(slope) });
    change(ball, place);
    change(touch, place);
  };
  return { node, show };
}

// Two bars from zero, one for each cost.
function saturationBars(size) {
  const node = picture(...size, "The error with the quadratic cost and with the cross-entropy");
  const middle = size[0] / 2, reach = size[0] / 2 - 14, X = v => middle + v * reach;
  const top = size[1] / 2 - 40;
  const bars = ["quadratic", "cross-entropy"].map((name, i) => {
    const y = top + 62 * i, color = ["blue", "orange"][i];
    const bar = svg("rect", { class: `${color} fill`, y: y + 8, height: 22 });
    const value = svg("text", { class: color, x: middle, y, "text-anchor": "middle" });
    node.append(bar, value);
    return { bar, value, name };
  });
  node.append(...[0, 1].map(i => svg("line", { class: "muted thin", x1: middle, x2: middle, y1: top + 62 * i + 5, y2: top + 62 * i + 33 })));
  const show = ({ errors }) => errors.forEach((error, i) => {
    const [left, right] = [X(Math.min(error, 0)), X(Math.max(error, 0))];
    change(bars[i].bar, { x: left, width: Math.max(right - left, 0.5) });
    change(bars[i].value, { text: `δ, ${bars[i].name}: ${num(error)}` });
  });
  return { node, show };
}

function saturationWords({ z, y }, { a, slope, errors: [slow, fast] }) {
  const neuron = `z = ${fixed(z, 1)}: output a = ${num(a)}, target ${y}, slope σ′(z) = ${num(slope)}.`;
  const quadratic = `BP1 with the quadratic cost: δ = (a ${minusSign("-")} y) σ′(z) = ${num(slow, 5)}.`;
  const entropy = `With the cross-entropy the slope cancels: δ = a ${minusSign("-")} y = ${num(fast)}, ${num(1 / slope, 1)} times as much.`;
  return `${neuron}\n${quadratic}\n${entropy}`;
}

define("saturation", saturation);
