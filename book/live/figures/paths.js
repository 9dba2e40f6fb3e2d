// The error of a neuron as a sum over paths: one path after the other, or merged node by node.

const paths = {
  name: "The error as a sum over all paths",
  width: 600,
  start: () => ({ mode: "paths", count: 0, layers: 10 }),
  tidy: (state, data) => ({
    mode: ["paths", "merge", "depth"].includes(state.mode) ? state.mode : "paths",
    count: bounded(Math.round(state.count), 0, pathsAll(data).length),
    layers: bounded(Math.round(state.layers), 1, 30),
  }),

  build(figure) {
    const all = pathsAll(figure.data), drawing = pathsDrawing(figure, all);
    figure.add(drawing.node);
    figure.row();
    figure.choice("mode", { say: "What to do", options: [["paths", "Path by path"], ["merge", "Merge"], ["depth", "Deeper"]] });
    figure.row(state => state.mode === "paths");
    figure.button("Back", () => figure.set({ count: figure.state.count - 1 }), { disabled: state => state.count === 0 });
    figure.button("Next path", () => figure.set({ count: figure.state.count + 1 }), { disabled: state => state.count === all.length });
    figure.row(state => state.mode === "depth");
    figure.slider("layers", { label: "layers behind the neuron", min: 1, max: 30, step: 1 });
    return state => {
      drawing.show(state);
      figure.say({ paths: pathsWords, merge: pathsMerged, depth: pathsDepth }[state.mode](figure.data, all, state));
    };
  },
};

// All slopes, and dC/da of the outputs, of the one example.
function pathsRates({ net, x, y }) {
  const trace = forward(net, x), L = depth(net);
  const prime = Object.fromEntries(range(L - 1, 2).map(l => [l, slope(net, l, trace.z[l]).map(([v]) => v)]));
  const gradA = COSTS.quadratic.gradient(trace.a[L], y).map(([v]) => v);
  return { prime, gradA, delta: backward(net, trace, y, "quadratic").delta };
}

// Every path from neuron j of layer l to an output: its neurons, its factors, their product.
function pathsAll(data) {
  const { net, from: [l, j] } = data, { prime, gradA } = pathsRates(data), L = depth(net);
  const onward = (layer, neuron) => (layer === L
    ? [{ neurons: [neuron], factors: [prime[L][neuron], gradA[neuron]] }]
    : net.w[layer + 1].flatMap((row, next) => onward(layer + 1, next).map(path => ({
      neurons: [neuron, ...path.neurons], factors: [prime[layer][neuron], row[neuron], ...path.factors],
    }))));
  return onward(l, j).map(path => ({ ...path, product: path.factors.reduce((p, v) => p * v) }));
}

function pathsDrawing({ data, width }, all) {
  const { net, from: [l, j] } = data, L = depth(net), height = 260;
  const node = picture(width, height, "The neurons from which the paths start, the layer between, and the outputs");
  const sizes = Object.fromEntries(range(L - l + 1, l).map(layer => [layer, layer === l ? net.w[l].length : net.w[layer].length]));
  const place = (layer, i) => [48 + (layer - l) / (L - l) * (width - 96), height / 2 + (i - (sizes[layer] - 1) / 2) * 78];
  const lines = range(L - l, l + 1).flatMap(layer => net.w[layer].flatMap((row, to) => row.map((_, from) => {
    const [x1, y1] = place(layer - 1, from), [x2, y2] = place(layer, to);
    return { layer, to, from, shape: svg("line", { x1, y1, x2, y2 }) };
  })));
  node.append(...lines.map(each => each.shape));
  const circles = Object.entries(sizes).flatMap(([layer, n]) => range(n).map(i => {
    const [cx, cy] = place(Number(layer), i), value = svg("text", { class: "tick", x: cx, y: cy + 4, "text-anchor": "middle" });
    const ring = svg("circle", { class: "neuron", cx, cy, r: 26 });
    node.append(ring, value);
    return { layer: Number(layer), i, ring, value };
  }));
  const { delta } = pathsRates(data);
  const show = ({ mode, count }) => {
    const path = mode === "paths" && count > 0 && all[count - 1];
    for (const each of lines) {
      const on = path && path.neurons[each.layer - l] === each.to && path.neurons[each.layer - l - 1] === each.from;
      const reached = mode === "merge" && (each.layer > l + 1 || each.from === j);
      change(each.shape, { class: on || reached ? (path && path.product < 0 ? "blue" : "orange") : "faint thin" });
    }
    for (const { layer, i, ring, value } of circles) {
      const on = path && path.neurons[layer - l] === i, start = layer === l && i === j;
      change(ring, { style: on || start ? "stroke-width: 2.5" : null });
      const merged = mode === "merge" && (layer > l || i === j);
      change(value, { text: merged ? num(delta[layer][i][0]) : start ? "nudge" : "" });
    }
  };
  return { node, show };
}

const pathsLink = neurons => neurons.map(i => i + 1).join(" → ");

function pathsWords({ from: [l, j] }, all, { count }) {
  if (count === 0) return `Neuron ${j + 1} of layer ${l} reaches the cost along ${all.length} paths.\nTake the first one.`;
  const { neurons, factors, product } = all[count - 1], total = sum(all.slice(0, count).map(path => path.product));
  const end = count === all.length ? `, and that is the error δ${up(l)}${down(j + 1)}` : "";
  return `Path ${count} of ${all.length}, ${pathsLink(neurons)}: slope, weight, slope, …, and last ∂C/∂a:\n`
    + `${factors.map(v => factor(v, 3)).join(" · ")} = ${num(product)}\nSum so far: ${num(total)}${end}.`;
}

function pathsMerged(data, all) {
  const { net, from: [l, j] } = data, { prime, delta } = pathsRates(data);
  const terms = delta[l + 1].map(([d], i) => `${factor(net.w[l + 1][i][j], 3)} · ${factor(d, 3)}`).join(" + ");
  return `All paths that go on from the same neuron share their tail. Add up the tails first: that is its δ.\n`
    + `δ${up(l)}${down(j + 1)} = ${num(prime[l][j], 3)} · (${terms}) = ${num(delta[l][j][0])}\n${delta[l + 1].length} products and one slope, in place of ${all.length} paths.`;
}

function pathsDepth({ net, from: [l] }, all, { layers }) {
  const n = net.w[l + 1].length, count = n ** layers;
  const products = (layers - 1) * (n * n + n) + 2 * n;
  return `${layers} ${layers === 1 ? "layer" : "layers"} of ${n} neurons behind the neuron: ${n}${up(layers)} = ${count.toLocaleString("en")} paths.\n`
    + `BP2, which merges them layer by layer, multiplies ${products.toLocaleString("en")} times.`;
}

define("paths", paths);
