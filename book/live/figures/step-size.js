// The step of a finite difference on one weight: digits lost to rounding, digits lost to curvature.

const stepSize = {
  name: "The step of a finite difference",
  width: 620,
  start: () => ({ power: -5, method: "central" }),
  tidy: state => ({ power: bounded(state.power, -15, 0), method: state.method === "forward" ? "forward" : "central" }),

  build(figure) {
    const weight = stepSizeWeight(figure.data);
    const plot = stepSizePlot(figure, weight, [figure.width, 320]);
    figure.add(plot.node);
    figure.row();
    figure.choice("method", { label: "difference", options: [["forward", "forward"], ["central", "central"]] });
    const show = v => `10${stepSizePower(v)}`;
    figure.slider("power", { label: "step h", min: -15, max: 0, step: 0.25, show });
    return state => {
      plot.show(state);
      figure.say(stepSizeWords(weight, state));
    };
  },
};

// The cost along one weight w, its derivative by backpropagation, and quotients of differences.
function stepSizeWeight({ net, x, y, place: [l, j, k] }) {
  const cost = change => {
    const w = { ...net.w, [l]: net.w[l].map((row, r) => row.map((v, c) => (r === j && c === k ? v + change : v))) };
    const { a } = forward({ ...net, w }, x);
    return costOf("quadratic", a[depth(net)], y);
  };
  const true_ = backward(net, forward(net, x), y, "quadratic").w[l][j][k];
  const points = (method, h) => (method === "forward" ? [cost(h), cost(0), h] : [cost(h), cost(-h), 2 * h]);
  const quotient = (method, h) => { const [p, q, over] = points(method, h); return (p - q) / over; };
  const error = (method, h) => Math.max(Math.abs(quotient(method, h) / true_ - 1), 1e-16);
  return { true_, points, quotient, error };
}

function stepSizePlot(figure, weight, size) {
  const node = picture(...size, "The relative error of the difference over the step, on logarithmic axes");
  const plot = axes({
    at: [16, 0], size: [size[0] - 16, size[1]], x: [-15.3, 0.3], y: [-14, 1], xticks: [-14, -10, -6, -2], yticks: [-12, -8, -4, 0], xlabel: "step h",
  });
  for (const text of plot.group.querySelectorAll("text.tick")) stepSizeTick(text);
  node.append(svg("text", { "text-anchor": "middle", transform: `rotate(-90) translate(${-size[1] / 2 + 16} 12)`, text: "relative error" }));
  const curve = method => range(181).map(i => -15 + i / 12).map(p => [p, Math.log10(weight.error(method, 10 ** p))]);
  for (const [method, color, at] of [["forward", "blue", [-3.2, -1.2]], ["central", "orange", [-3.6, -9.6]]]) {
    plot.inside.append(svg("path", { class: `${color} thin`, d: line(curve(method), plot) }),
      svg("text", { class: color, x: plot.X(at[0]), y: plot.Y(at[1]), "text-anchor": "middle", text: method }));
  }
  const hand = svg("path", { class: "muted thin dashed" }), ball = svg("circle", { class: "ink fill", r: 7 });
  const touch = svg("rect", { class: "touch grab", x: plot.box.left, y: plot.box.top, width: plot.box.right - plot.box.left, height: plot.box.bottom - plot.box.top });
  plot.inside.append(hand, ball);
  node.append(plot.group, touch);
  drag(node, touch, px => {
    const power = -14 + (px - plot.X(-14)) / (plot.X(-2) - plot.X(-14)) * 12;
    figure.set({ power: bounded(Math.round(4 * power) / 4, -15, 0) });
  });
  const show = ({ power, method }) => {
    change(hand, { d: line([[power, -14], [power, 1]], plot) });
    change(ball, { cx: plot.X(power), cy: plot.Y(Math.log10(weight.error(method, 10 ** power))) });
  };
  return { node, show };
}

const stepSizePower = power => [...num(power, 2)].map(c => ({ "−": "⁻", ".": "·" }[c] ?? up(c))).join("");

function stepSizeTick(text) {
  const power = text.textContent;
  if (power === "0") return change(text, { text: "1" });
  change(text, { text: "10" });
  text.append(svg("tspan", { dy: -5, "font-size": 11, text: power }));
}

// How many leading digits two numbers share.
function stepSizeShared(p, q) {
  const [a, b] = [p.toFixed(17), q.toFixed(17)];
  const first = range(a.length).find(i => a[i] !== b[i]) ?? a.length;
  return a.slice(0, first).replace(/[^0-9]/g, "").replace(/^0+/, "").length;
}

function stepSizeWords(weight, { power, method }) {
  const h = 10 ** power, [p, q] = weight.points(method, h), quotient = weight.quotient(method, h);
  const digits = v => minusSign(v.toFixed(16)), shared = stepSizeShared(p, q);
  const right = Math.max(0, Math.floor(-Math.log10(weight.error(method, h))));
  const costs = method === "forward" ? ["C(w + h)", "C(w)"] : ["C(w + h)", `C(w ${minusSign("-")} h)`];
  const reason = weight.error(method, h / 3) < weight.error(method, h)
    ? "A smaller step would do better: curvature costs the digits." : "A larger step would do better: rounding costs the digits.";
  return `${costs[0]} = ${digits(p)}\n${costs[1]} = ${digits(q)}\nThey share ${shared} digits of about 16.`
    + ` Quotient ${num(quotient, 12)}, derivative ${num(weight.true_, 12)}: ${right} ${right === 1 ? "digit" : "digits"} right. ${reason}`;
}

define("step-size", stepSize);
