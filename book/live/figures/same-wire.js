// The same wire both ways: an arrow is an entry of the matrix; forward collects a row, backward a column.

define("same-wire", {
  name: "Wires and the matrix of their weights",
  width: 600,
  lines: 3,
  start: data => ({ way: data.delta ? "forward" : "wire", j: data.j, k: data.k }),
  tidy: (state, data) => ({
    way: ["wire", "forward", ...(data.delta ? ["backward"] : [])].includes(state.way) ? state.way : "wire",
    j: Math.round(bounded(state.j, 1, data.w.length)),
    k: Math.round(bounded(state.k, 1, data.w[0].length)),
  }),

  build(figure) {
    const { w, delta } = figure.data, drawings = [sameWireNetwork(figure), sameWireMatrix(figure)];
    const ways = [["wire", "One wire"], ["forward", "Forward"], ...(delta ? [["backward", "Backward"]] : [])];
    const numbers = n => range(n, 1).map(i => [i, String(i)]);
    figure.row();
    figure.choice("way", { say: "What to look at", options: ways });
    figure.row(state => state.way !== "backward");
    figure.choice("j", { label: "to neuron", options: numbers(w.length) });
    figure.row(state => state.way !== "forward");
    figure.choice("k", { label: "from neuron", options: numbers(w[0].length) });
    return state => {
      drawings.forEach(draw => draw(state));
      figure.say(sameWireWords(figure.data, state));
    };
  },
});

// Whether the wire to j from k takes part.
function sameWireIsOn({ way, j, k }, to, from) {
  return (way === "backward" || to === j) && (way === "forward" || from === k);
}

const sameWireName = ({ layer }, letter, index, before = 0) => `${letter}${layer ? up(layer - before) : ""}${down(index)}`;

function sameWireWords(data, { way, j, k }) {
  const { w, a, b, delta } = data, name = (...given) => sameWireName(data, ...given), [row, column] = [w[j - 1], w.map(each => each[k - 1])];
  const total = (names, products, value) => `${names}\n= ${products} = ${num(value)}`;
  if (way === "wire") {
    return `${name("w", `${j}${k}`)} = ${num(w[j - 1][k - 1])} is the weight to neuron ${j}, from neuron ${k}.\nIt stands in row ${j}, column ${k}.`;
  }
  if (way === "forward") {
    const rest = b ? [` + ${name("b", j)}`, ` + ${factor(b[j - 1])}`, b[j - 1]] : ["", "", 0];
    const names = row.map((_, i) => `${name("w", `${j}${i + 1}`)} ${name("a", i + 1, 1)}`).join(" + ") + rest[0];
    return `Forward, neuron ${j} collects over what comes in, along row ${j}:\n`
      + total(`${name("z", j)} = ${names}`, row.map((v, i) => `${factor(v)} · ${factor(a[i])}`).join(" + ") + rest[1], sum(row.map((v, i) => v * a[i])) + rest[2]);
  }
  const names = column.map((_, i) => `${name("w", `${i + 1}${k}`)} ${name("δ", i + 1)}`).join(" + ");
  return `Backward, neuron ${k} collects over where it went, down column ${k}:\n`
    + total(`∂C/∂${name("a", k, 1)} = ${names}`, column.map((v, i) => `${factor(v)} · ${factor(delta[i])}`).join(" + "), sum(column.map((v, i) => v * delta[i])));
}

const sameWireColor = { wire: "purple", forward: "blue", backward: "orange" };

// The neurons of two layers and the arrows between them. Going backward, the arrows point back.
function sameWireNetwork(figure) {
  const { w, a, b, delta } = figure.data, width = Math.min(figure.width, 300), height = 250, node = picture(width, height, "Two layers and the wires between them");
  const at = (n, i, x) => [x, height / 2 + (i - (n - 1) / 2) * Math.min(74, (height - 50) / (n - 1 || 1))], r = 22;
  const lines = svg("g"), labels = svg("g"), touch = svg("g"), circles = svg("g"), left = w[0].map((_, k) => at(w[0].length, k, 30)), right = w.map((_, j) => at(w.length, j, width - 30));
  const wires = w.flatMap((row, j) => row.map((_, k) => {
    const path = svg("path", {}), [x1, y1] = left[k], [x2, y2] = right[j];
    const pick = svg("line", { class: "touch wire", x1, y1, x2, y2 });
    pick.addEventListener("click", () => figure.set({ way: "wire", j: j + 1, k: k + 1 }));
    lines.append(path);
    touch.append(pick);
    // The weight stands on its wire nearer to where the wires are apart.
    const [x, y] = [x1 + 0.66 * (x2 - x1), y1 + 0.66 * (y2 - y1)], name = num(w[j][k]);
    const plate = svg("rect", { class: "paper", x: x - 4 * name.length - 3, y: y - 8, width: 8 * name.length + 6, height: 16 });
    const label = svg("g", {}, plate, svg("text", { x, y: y + 4, "text-anchor": "middle", text: name }));
    labels.append(label);
    return { path, label, j: j + 1, k: k + 1, ends: [left[k], right[j]] };
  }));
  const neuron = ([cx, cy], choose) => {
    const circle = svg("circle", { cx, cy, r, class: "neuron" }), text = svg("text", { x: cx, y: cy + 4, "text-anchor": "middle" });
    const pick = svg("circle", { cx, cy, r, class: "touch" });
    pick.addEventListener("click", choose);
    circles.append(circle, text);
    touch.append(pick);
    return { circle, text };
  };
  const from = left.map((place, k) => neuron(place, () => figure.set({ way: delta ? "backward" : "wire", k: k + 1 })));
  const to = right.map((place, j) => neuron(place, () => figure.set({ way: "forward", j: j + 1 })));
  node.append(lines, labels, circles, touch);
  figure.add(node);
  return state => {
    const { way, j, k } = state, back = way === "backward", color = sameWireColor[way];
    for (const wire of wires) {
      const on = sameWireIsOn(state, wire.j, wire.k), [start, end] = back ? [...wire.ends].reverse() : wire.ends;
      change(wire.path, { d: sameWireArrow(start, end, r + 2), class: on ? color : "muted thin" });
      change(wire.label, { visibility: on ? "visible" : "hidden" });
      if (on) lines.append(wire.path);
    }
    from.forEach(({ circle, text }, i) => {
      const value = back ? sum(w.map((row, n) => row[i] * delta[n])) : a[i], on = way === "forward" || i + 1 === k;
      change(circle, { class: on ? `neuron ring ${color}` : "neuron" });
      change(text, { text: back && !on ? "" : num(value, 3) });
    });
    to.forEach(({ circle, text }, i) => {
      const value = back ? delta[i] : sum(w[i].map((v, n) => v * a[n])) + (b ? b[i] : 0), on = back || i + 1 === j;
      change(circle, { class: on ? `neuron ring ${color}` : "neuron" });
      change(text, { text: way === "forward" && !on || way === "wire" ? "" : num(value, 3) });
    });
  };
}

// An arrow from one neuron to another, with a gap at both.
function sameWireArrow([x1, y1], [x2, y2], gap) {
  const length = Math.hypot(x2 - x1, y2 - y1), [u, v] = [(x2 - x1) / length, (y2 - y1) / length];
  const [ex, ey] = [x2 - gap * u, y2 - gap * v], wing = side => `L${ex - 9 * u + side * 5 * v} ${ey - 9 * v - side * 5 * u}`;
  return `M${x1 + gap * u} ${y1 + gap * v}L${ex} ${ey}${wing(1)}M${ex} ${ey}${wing(-1)}`;
}

// The matrix, a row for each neuron that the wires lead to.
function sameWireMatrix(figure) {
  const { w } = figure.data, wide = 54, tall = 44, width = 66 + wide * w[0].length, node = picture(width, 34 + tall * w.length + 8, "The matrix of the weights");
  const heads = [...w.map((_, j) => svg("text", { x: 58, y: 34 + tall * (j + 0.5) + 4, "text-anchor": "end", text: `to ${j + 1}` })),
    ...w[0].map((_, k) => svg("text", { x: 66 + wide * (k + 0.5), y: 24, "text-anchor": "middle", text: `from ${k + 1}` }))];
  node.append(...heads);
  const cells = w.flatMap((row, j) => row.map((value, k) => {
    const box = { x: 66 + wide * k, y: 34 + tall * j, width: wide, height: tall }, fill = svg("rect", box);
    const text = svg("text", { x: box.x + wide / 2, y: box.y + tall / 2 + 4, "text-anchor": "middle", text: num(value) });
    const pick = svg("rect", { class: "touch", ...box });
    pick.addEventListener("click", () => figure.set({ way: "wire", j: j + 1, k: k + 1 }));
    node.append(fill, svg("rect", { class: "muted thin", ...box }), text, pick);
    return { fill, text, j: j + 1, k: k + 1 };
  }));
  figure.add(node);
  return state => {
    const color = sameWireColor[state.way];
    heads.forEach((head, i) => {
      const on = i < w.length ? state.way !== "backward" && i + 1 === state.j : state.way !== "forward" && i - w.length + 1 === state.k;
      change(head, { class: on ? `bold ${i < w.length ? "blue" : "orange"}` : "muted" });
    });
    for (const { fill, text, j, k } of cells) {
      const on = sameWireIsOn(state, j, k);
      change(fill, { class: on ? `fill ${color}` : "paper", "fill-opacity": on ? 0.25 : 1 });
      change(text, { class: on ? "bold" : "" });
    }
  };
}
