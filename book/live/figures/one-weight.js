// One weight on its parabola: drag the ball, set the step size, press Step.

const oneWeight = {
  name: "Gradient descent with one weight",
  width: 620,
  start: data => ({ from: data.start, eta: data.rates[0], steps: 0 }),
  tidy: state => ({
    from: bounded(state.from, 0, 4), eta: bounded(state.eta, 0, 0.25), steps: Math.round(bounded(state.steps, 0, 12)),
  }),

  build(figure) {
    const valley = parabola(figure.data), wide = figure.width >= 520;
    const size = [wide ? figure.width / 2 - 4 : figure.width, wide ? 270 : 200];
    const left = oneWeightValley(figure, valley, size), right = oneWeightRun(valley, size);
    figure.add(left.node, right.node);
    figure.row();
    figure.slider("from", { label: "start at w", min: 0, max: 4, step: 0.05, show: v => fixed(v) });
    figure.slider("eta", { label: "η", say: "learning rate eta", min: 0, max: 0.25, step: 0.005, show: v => fixed(v, 3) });
    figure.row();
    const last = { steps: figure.state.steps };
    figure.button("Back", () => figure.set({ steps: figure.state.steps - 1 }), { disabled: state => state.steps === 0 });
    figure.button("Step", () => figure.set({ steps: figure.state.steps + 1 }), { disabled: state => state.steps === 12 });
    return state => {
      const visited = valley.run(state), w = visited.at(-1), one = state.steps - last.steps === 1;
      last.steps = state.steps;
      right.show(visited);
      figure.say(oneWeightWords(state, valley, w));
      // A single step is seen to be made.
      if (one) glide(250, t => left.show(visited, visited.at(-2) + t * (w - visited.at(-2)), state.eta));
      else left.show(visited, w, state.eta);
    };
  },
};

// The sum of squares of a line through the origin: S(w) = a (w - best)^2 + rest.
function parabola({ x, y }) {
  const dot = (p, q) => sum(p.map((v, i) => v * q[i]));
  const S = w => sum(x.map((v, i) => (w * v - y[i]) ** 2));
  const slopeAt = w => 2 * sum(x.map((v, i) => (w * v - y[i]) * v));
  const best = dot(x, y) / dot(x, x), curvature = 2 * dot(x, x);
  const run = ({ from, eta, steps }) => range(steps).reduce(
    visited => [...visited, visited.at(-1) - eta * slopeAt(visited.at(-1))], [from]);
  return { S, slopeAt, best, curvature, run };
}

function oneWeightValley(figure, { S, slopeAt }, size) {
  const node = picture(...size, "The sum of squared errors over the weight, a ball on it, and its tangent");
  const plot = axes({
    size, x: [-0.4, 4.4], y: [-2, 26], xticks: range(5), yticks: [0, 10, 20], xlabel: "weight w", ylabel: "sum of squared errors",
  });
  const curve = svg("path", { class: "blue", d: line(range(97).map(i => [-0.4 + i / 20, S(-0.4 + i / 20)]), plot) });
  const tangent = svg("path", { class: "orange" }), hops = svg("path", { class: "green thin" });
  const dots = svg("g"), next = svg("path", { class: "purple" });
  const ball = svg("circle", { class: "ink fill", r: 7 }), touch = svg("circle", { class: "touch grab", r: 24 });
  plot.inside.append(curve, tangent, hops, dots, next, ball);
  node.append(plot.group, touch);
  drag(node, touch, px => figure.set({ from: Number(bounded((px - plot.X(0)) / (plot.X(1) - plot.X(0)), 0, 4).toFixed(2)), steps: 0 }));
  const show = (visited, w, eta) => {
    const slope = slopeAt(w), reach = 0.9 / Math.hypot(1, slope / 9), to = w - eta * slope;
    change(tangent, { d: line([[w - reach, S(w) - reach * slope], [w + reach, S(w) + reach * slope]], plot) });
    change(hops, { d: line(visited.map(v => [v, S(v)]), plot) });
    dots.replaceChildren(...visited.map(v => svg("circle", { class: "green fill", r: 3.5, cx: plot.X(bounded(v, -9, 99)), cy: plot.Y(Math.min(S(v), 999)) })));
    change(next, { d: arrow(plot.X(bounded(w, -9, 99)), plot.X(bounded(to, -9, 99)), plot.Y(-1)) });
    const place = { cx: plot.X(bounded(w, -9, 99)), cy: plot.Y(Math.min(S(w), 999)) };
    change(ball, place);
    change(touch, place);
  };
  return { node, show };
}

// The way to the next weight, along the axis.
function arrow(from, to, y) {
  const back = Math.sign(from - to) * Math.min(5, Math.abs(to - from));
  return Math.abs(to - from) < 1 ? "" : `M${from} ${y}H${to}m${back} -4L${to} ${y}l${back} 4`;
}

function oneWeightRun({ best }, size) {
  const node = picture(...size, "The weight over the steps");
  const plot = axes({
    size, x: [-0.2, 12.2], y: [-0.6, 4.6], xticks: [0, 4, 8, 12], yticks: range(5), xlabel: "step", ylabel: "weight w",
  });
  const level = svg("path", { class: "muted dashed thin", d: line([[-0.2, best], [12.2, best]], plot) });
  const own = svg("path", { class: "green" }), dots = svg("g");
  plot.inside.append(level, own, dots);
  node.append(plot.group);
  const show = visited => {
    change(own, { d: line(visited.map((w, i) => [i, w]), plot) });
    dots.replaceChildren(...visited.map((w, i) => svg("circle", { class: "green fill", r: 4, cx: plot.X(i), cy: bounded(plot.Y(w), -50, 9999) })));
  };
  return { node, show };
}

function oneWeightWords({ eta, steps }, { S, slopeAt, best, curvature }, w) {
  const left = 1 - curvature * eta, leaves = `1 ${minusSign("-")} ${num(curvature)}η = ${num(left)}`;
  const what = Math.abs(left) > 1 + 1e-9 ? "Every step leads farther away: it diverges."
    : Math.abs(left + 1) < 1e-9 ? `It swings about ${num(best)} for ever.`
    : Math.abs(left) < 1e-9 ? "One step is enough."
    : left === 1 ? "Without a step size nothing moves."
    : left < 0 ? `Each step overshoots, and leaves ${num(-left)} of the distance to ${num(best)}.`
    : `Each step leaves ${num(left)} of the distance to ${num(best)}.`;
  const place = `After ${steps} ${steps === 1 ? "step" : "steps"}: w = ${num(w)}, sum of squares ${num(S(w))}, slope ${num(slopeAt(w))}.`;
  return `${place}\nThe factor is ${leaves}. ${what}`;
}

define("one-weight", oneWeight);
