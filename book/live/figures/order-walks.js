// Four walks from a result back to its inputs, one share of a gradient at a time.

const orderWalks = {
  name: "Four ways to walk back through one graph",
  width: 560,
  start: () => ({ walk: "rank", step: 0 }),
  tidy: (state, data) => {
    const walk = state.walk in ORDER_WALKS ? state.walk : "rank";
    return { walk, step: bounded(Math.round(state.step), 0, ORDER_WALKS[walk].of(data.edges).length) };
  },

  build(figure) {
    const { edges } = figure.data;
    const drawing = orderDrawing(edges, figure.width);
    const shares = Object.fromEntries(Object.entries(ORDER_WALKS).map(([name, walk]) => [name, walk.of(edges)]));
    figure.add(drawing.node);
    figure.row();
    figure.menu("walk", { label: "walk", options: Object.entries(ORDER_WALKS).map(([name, walk]) => [name, walk.title]) });
    figure.row();
    figure.button("Back", () => figure.set({ step: figure.state.step - 1 }), { disabled: state => state.step === 0 });
    figure.button("One share", () => figure.set({ step: figure.state.step + 1 }), {
      disabled: state => state.step === shares[state.walk].length,
    });
    figure.button("To the end", () => figure.set({ step: shares[figure.state.walk].length }));
    return ({ walk, step }) => {
      const all = shares[walk], gradients = orderGradients(all.slice(0, step));
      drawing.show(gradients, all[step - 1]);
      figure.say(orderWords(walk, all, step, gradients));
    };
  },
};

// A share: node `from` adds its gradient times the local derivative to the gradient of operand `to`.
// Each walk lists its shares in order; an edge is [operand, result, derivative].
const ORDER_WALKS = {
  rank: { title: "reverse topological order", of: edges => ["c", "b2", "b1"].flatMap(node => orderHandOn(node, edges)) },
  left: { title: "depth first, left to right", of: edges => orderWalk("c", edges, new Set(), list => list) },
  right: { title: "depth first, right to left", of: edges => orderWalk("c", edges, new Set(), list => [...list].reverse()) },
  forgetful: { title: "without a visited set", of: edges => orderWalk("c", edges, null, list => list) },
};

const orderHandOn = (node, edges) => edges.filter(([, result]) => result === node)
  .map(([to, from, derivative]) => ({ from, to, derivative }));

// Depth first; without a set of visited nodes, again and again. In the chapter's graph a product such
// as 4 b1 is a node between b1 and c: its share arrives only when the walk comes to it. A term without
// a factor gets its share at once.
function orderWalk(node, edges, visited, arranged) {
  visited?.add(node);
  const shares = orderHandOn(node, edges), atOnce = shares.filter(share => share.derivative === 1);
  const later = arranged(shares).flatMap(share => [
    ...(share.derivative === 1 ? [] : [share]),
    ...(visited?.has(share.to) ? [] : orderWalk(share.to, edges, visited, arranged)),
  ]);
  return [...atOnce, ...later];
}

// The gradients after some shares, and what the last one was worth.
function orderGradients(shares) {
  const found = { c: 1, b1: 0, b2: 0, a: 0 };
  for (const { from, to, derivative } of shares) found[to] += derivative * found[from];
  return found;
}

const ORDER_PLACES = { a: [0, 0], b1: [0.5, -1], b2: [0.5, 1], c: [1, 0] };
const ORDER_NAMES = { a: "a", b1: "b₁", b2: "b₂", c: "c" };

function orderDrawing(edges, width) {
  const node = picture(width, 250, "The graph: c is made from b1 and b2, b2 from a and b1, b1 from a");
  const place = name => [64 + ORDER_PLACES[name][0] * (width - 128), 125 + ORDER_PLACES[name][1] * 78];
  const arrows = edges.map(([from, to, derivative]) => {
    const [x0, y0] = place(from), [x1, y1] = place(to), x = (x0 + x1) / 2, y = (y0 + y1) / 2;
    const shaft = svg("line", { class: "muted", x1: x0, y1: y0, x2: x1, y2: y1 });
    const text = svg("text", { x, y: y + 4, "text-anchor": "middle", text: num(derivative) });
    node.append(shaft, svg("circle", { class: "paper", cx: x, cy: y, r: 11 }), text);
    return { from, to, shaft, text };
  });
  const gradients = Object.keys(ORDER_PLACES).map(name => {
    const [x, y] = place(name), value = svg("text", { class: "orange bold", x, y: y + 17, "text-anchor": "middle" });
    const ring = svg("circle", { class: "neuron", cx: x, cy: y, r: 29 });
    node.append(ring, svg("text", { x, y: y - 4, "text-anchor": "middle", text: ORDER_NAMES[name] }), value);
    return { name, value, ring };
  });
  const show = (found, share) => {
    for (const each of arrows) {
      const on = share && share.from === each.to && share.to === each.from;
      change(each.shaft, { class: on ? "orange" : "muted thin" });
      change(each.text, { class: on ? "orange bold" : "blue" });
    }
    for (const each of gradients) change(each.value, { text: num(found[each.name]) });
  };
  return { node, show };
}

function orderWords(walk, all, step, gradients) {
  const share = all[step - 1];
  if (!share) return "The gradient of c with respect to itself is 1. All others wait at 0.";
  const before = orderGradients(all.slice(0, step - 1)), worth = share.derivative * before[share.from];
  const first = `${ORDER_NAMES[share.from]} has ${num(before[share.from])} and hands ${ORDER_NAMES[share.to]} its share: `
    + `${num(share.derivative)} · ${num(before[share.from])} = ${num(worth)}. ${ORDER_NAMES[share.to]} now has ${num(gradients[share.to])}.`;
  if (step < all.length) return `${first}\nShare ${step} of ${all.length}.`;
  const right = orderGradients(ORDER_WALKS.rank.of(orderEdgesOf(all)));
  const verdict = gradients.a === right.a ? "Every gradient was complete before it was handed on."
    : gradients.a < right.a ? `b₁ handed on too early: ${num(right.a - gradients.a)} never arrived.`
    : `b₁ handed on twice, and ${num(gradients.a - right.a)} was counted twice.`;
  return `${first}\nThe walk ends with dc/da = ${num(gradients.a)}. ${verdict}`;
}

// Every walk uses every edge at least once.
function orderEdgesOf(shares) {
  return shares.map(({ from, to, derivative }) => [to, from, derivative])
    .filter((edge, i, list) => list.findIndex(other => other[0] === edge[0] && other[1] === edge[1]) === i);
}

define("order-walks", orderWalks);
