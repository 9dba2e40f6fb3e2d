// What arrives at each layer: the length of dC/dw, for a depth, an activation and a spread of weights.

const layerErrors = {
  name: "The length of the gradient in every layer",
  width: 600,
  start: () => ({ depth: 8, hidden: "sigmoid", spread: 1, seed: 1 }),
  tidy: state => ({
    depth: bounded(Math.round(state.depth), 1, 10), spread: bounded(state.spread, 0.2, 8),
    seed: bounded(Math.round(state.seed), 1, 999), hidden: state.hidden in ACTIVATIONS ? state.hidden : "sigmoid",
  }),

  build(figure) {
    const plot = layerErrorsPlot([figure.width, 300]);
    figure.add(plot.node);
    figure.row();
    figure.choice("hidden", { label: "hidden neurons", options: ["sigmoid", "tanh", "relu"].map(name => [name, name === "relu" ? "ReLU" : name]) });
    figure.row();
    figure.slider("depth", { label: "hidden layers", min: 1, max: 10, step: 1 });
    figure.slider("spread", { label: "weights ×", say: "standard deviation of the weights, times one over root n", min: 0.2, max: 8, step: 0.1, show: v => fixed(v, 1) });
    figure.button("Other weights", () => figure.set({ seed: figure.state.seed % 999 + 1 }));
    return state => {
      const norms = layerErrorsNorms(figure.data, state);
      plot.show(norms);
      figure.say(layerErrorsWords(state, norms));
    };
  },
};

// A network whose weights have the standard deviation spread / sqrt(n), and biases 0.
function layerErrorsNetwork(sizes, { hidden, spread, seed }) {
  const uniform = random(seed), w = {}, b = {}, activations = {};
  for (let l = 2; l <= sizes.length; l++) {
    const [rows, columns] = [sizes[l - 1], sizes[l - 2]];
    w[l] = range(rows).map(() => range(columns).map(() => spread / Math.sqrt(columns) * normal(uniform)));
    b[l] = range(rows).map(() => [0]);
    activations[l] = l < sizes.length ? hidden : "softmax";
  }
  return { w, b, activations };
}

// The length of dC/dw in layers 2 to L, on the chapter's digits.
function layerErrorsNorms({ x, labels, width, outputs }, state) {
  const sizes = [x.length, ...range(state.depth).map(() => width), outputs];
  const y = range(outputs).map(j => labels.map(label => (label === j ? 1 : 0)));
  const net = layerErrorsNetwork(sizes, state);
  const { w } = backward(net, forward(net, x), y, "log_likelihood");
  return range(depth(net) - 1, 2).map(l => Math.sqrt(sum(w[l].map(row => sum(row.map(v => v * v))))));
}

const LAYER_ERRORS_LOWEST = -9;

function layerErrorsPlot(size) {
  const node = picture(...size, "Length of the gradient with respect to the weights, for every layer");
  const powers = [-8, -6, -4, -2, 0, 2];
  const plot = axes({
    at: [16, 0], size: [size[0] - 16, size[1]], x: [1.5, 12.5], y: [LAYER_ERRORS_LOWEST, 3], xticks: range(11, 2), yticks: powers, xlabel: "layer l",
  });
  // The vertical axis shows powers of ten; a tick -4 stands for 10^-4.
  for (const text of plot.group.querySelectorAll("text[text-anchor=end]")) layerErrorsPower(text);
  const before = svg("path", { class: "muted thin dashed" }), now = svg("path", { class: "orange" }), dots = svg("g");
  plot.inside.append(before, now, dots);
  node.append(plot.group);
  node.append(svg("text", { "text-anchor": "middle", transform: `rotate(-90) translate(${-size[1] / 2 + 16} 12)`, text: "length of ∂C/∂w" }));
  let last = "";
  const show = norms => {
    const points = norms.map((v, i) => [i + 2, Math.max(Math.log10(v), LAYER_ERRORS_LOWEST - 1)]);
    const path = line(points, plot);
    if (path === last) return;
    change(before, { d: last });
    change(now, { d: last = path });
    dots.replaceChildren(...points.map(([l, v]) => svg("circle", { class: "orange fill", r: 4.5, cx: plot.X(l), cy: plot.Y(v) })));
  };
  return { node, show };
}

function layerErrorsPower(text) {
  const power = text.textContent;
  change(text, { text: "10" });
  text.append(svg("tspan", { dy: -5, "font-size": 11, text: power }));
}

function layerErrorsWords({ depth: layers, hidden, spread }, norms) {
  const name = hidden === "relu" ? "ReLU" : hidden, [first, last] = [norms[0], norms.at(-1)];
  const say = v => (v === 0 ? "0" : v >= 0.001 && v < 1000 ? num(v, 3) : minusSign(v.toExponential(1)).replace(/e\+?(.*)/, (_, p) => " · 10" + [...p].map(c => (c === "−" ? "⁻" : up(c))).join("")));
  const setting = `${layers} hidden ${layers === 1 ? "layer" : "layers"} of ${name} neurons, weights of standard deviation ${fixed(spread, 1)}/√n.`;
  const ratio = first > 0 ? last / first : Infinity;
  const story = ratio > 3 ? `The first layer gets ${say(ratio)} times less than the last: the gradient vanishes.`
    : ratio < 1 / 3 ? `The first layer gets ${say(1 / ratio)} times more than the last: the gradient explodes.`
    : "First and last layer get about the same.";
  return `${setting}\nGradient of layer 2: ${say(first)}; of layer ${layers + 2}: ${say(last)}. ${story}`;
}

define("layer-errors", layerErrors);
