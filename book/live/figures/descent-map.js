// A map of starts: touch one, and follow its cost and its four answers to 20,000 steps.

const descentMap = {
  name: "Where descent leads from each start",
  width: 640,
  start: data => ({ s: data.start[0], t: data.start[1] }),
  tidy: ({ s, t }) => ({ s: bounded(s, -1, 2), t: bounded(t, -1, 2) }),

  build(figure) {
    const wide = figure.width >= 560, side = wide ? 300 : Math.min(figure.width, 320);
    const map = descentPlane(figure, side), curves = descentCurves(figure.data, [wide ? figure.width - side - 8 : figure.width, 300]);
    figure.add(map.node, curves.node);
    figure.row();
    const nudge = { min: -1, max: 2, step: 0.1, show: v => fixed(v, 1) };
    figure.slider("s", { label: "towards a quarter", ...nudge });
    figure.slider("t", { label: "towards a third", ...nudge });
    let last = "", run = null;
    const follow = () => {
      if (!run || run.done || !figure.root.isConnected) return;
      descentGoOn(run, calm() ? 20000 : 400);
      curves.show(run);
      figure.say(descentWords(figure.state, run));
      requestAnimationFrame(follow);
    };
    return state => {
      map.show(state);
      const key = `${state.s} ${state.t}`;
      if (key !== last) {
        last = key;
        run = descentRun(figure.data, state);
        requestAnimationFrame(follow);
      }
      curves.show(run);
      figure.say(descentWords(state, run));
    };
  },
};

const DESCENT_STEPS = 20000;

// The network at a point of the plane through the three starts.
function descentRun({ starts, x, y }, { s, t }) {
  const [corner, quarter, third] = starts;
  const blend = (p, q, r) => descentEach(p, (v, j, k) => v + s * (q[j][k] - v) + t * (r[j][k] - v));
  const w = {}, b = {};
  for (const l of [2, 3]) {
    w[l] = blend(corner.w[l], quarter.w[l], third.w[l]);
    b[l] = blend(corner.b[l], quarter.b[l], third.b[l]);
  }
  const run = { net: { ...corner, w, b }, x, y, step: 0, marks: [], done: false };
  descentMark(run);
  return run;
}

const descentEach = (p, f) => p.map((row, j) => row.map((v, k) => f(v, j, k)));

// The cost of the chapter is a sum over the examples, the engine's a mean: the step is eta = 1 times m.
function descentGoOn(run, steps) {
  const m = run.x[0].length;
  for (let i = 0; i < steps && run.step < DESCENT_STEPS; i++) {
    run.net = descend(run.net, backward(run.net, forward(run.net, run.x), run.y, "quadratic"), m);
    run.step += 1;
    if (descentMarked(run.step)) descentMark(run);
  }
  run.done = run.step >= DESCENT_STEPS;
}

// Ninety moments in every power of ten.
const descentMarked = step => step % 10 ** Math.max(0, Math.floor(Math.log10(step)) - 1) === 0;

function descentMark(run) {
  const [answers] = forward(run.net, run.x).a[3];
  run.marks.push({ step: run.step, answers, cost: run.x[0].length * costOf("quadratic", [answers], run.y) });
}

function descentPlane(figure, side) {
  const { ends, axis } = figure.data;
  const node = picture(side, side, "The map of starts: squares where descent is not done after 20,000 steps");
  const plot = axes({ size: [side, side], x: [-1.1, 2.1], y: [-1.1, 2.1], xticks: [-1, 0, 1, 2], yticks: [-1, 0, 1, 2], xlabel: "towards a quarter", ylabel: "towards a third" });
  const size = (plot.X(0.1) - plot.X(0)) - 1;
  ends.forEach((row, j) => [...row].forEach((kind, i) => {
    if (kind === ".") return;
    const at = { x: plot.X(axis[i]) - size / 2, y: plot.Y(axis[j]) - size / 2, width: size, height: size };
    plot.inside.append(svg("rect", { class: `${kind === "q" ? "orange" : "green"} fill`, ...at }));
  }));
  for (const [s, t] of [[0, 0], [1, 0], [0, 1]]) plot.inside.append(svg("circle", { class: "ink thin", cx: plot.X(s), cy: plot.Y(t), r: 6 }));
  const ball = svg("circle", { class: "ink fill", r: 5 });
  plot.inside.append(ball);
  const touch = svg("rect", { class: "touch", x: plot.box.left, y: plot.box.top, width: plot.box.right - plot.box.left, height: plot.box.bottom - plot.box.top });
  node.append(plot.group, touch);
  const inverse = (v, scale) => Number(bounded((v - scale(0)) / (scale(1) - scale(0)), -1, 2).toFixed(1));
  drag(node, touch, (px, py) => figure.set({ s: inverse(px, plot.X), t: inverse(py, plot.Y) }));
  const show = ({ s, t }) => change(ball, { cx: plot.X(s), cy: plot.Y(t) });
  return { node, show };
}

function descentCurves({ y }, size) {
  const node = picture(...size, "The four answers of the network over the steps, on a logarithmic axis");
  const plot = axes({ size, x: [0, 4.35], y: [0, 1.03], xticks: [0, 1, 2, 3, 4], yticks: [0, 0.5, 1], xlabel: "step", ylabel: "answers", tick: v => num(v) });
  const names = ["1", "10", "100", "1,000", "10,000"];
  plot.group.querySelectorAll("text[text-anchor=middle].tick").forEach((text, i) => change(text, { text: names[i] }));
  const lines = y[0].map(target => svg("path", { class: target ? "orange" : "blue" }));
  const cost = svg("path", { class: "muted thin dashed" });
  plot.inside.append(cost, ...lines);
  [["orange", "wanted 1"], ["blue", "wanted 0"], ["muted", "cost, dashed"]].forEach(([color, text], i) => {
    plot.inside.append(svg("text", { class: color, x: plot.X(0.15), y: plot.Y(0.96) + 17 * i, text }));
  });
  node.append(plot.group);
  const at = step => Math.log10(step + 1);
  const show = ({ marks }) => {
    lines.forEach((path, i) => change(path, { d: line(marks.map(mark => [at(mark.step), mark.answers[i]]), plot) }));
    change(cost, { d: line(marks.map(mark => [at(mark.step), mark.cost]), plot) });
  };
  return { node, show };
}

function descentWords({ s, t }, { marks, done }) {
  const { step, answers, cost } = marks.at(-1), wanted = "0, 1, 1, 0";
  const where = `Start at ${fixed(s, 1)}, ${fixed(t, 1)}; after ${step.toLocaleString("en")} steps the cost is ${fixed(cost, 3)}.`;
  const says = `Answers ${answers.map(v => fixed(v)).join(", ")}; wanted ${wanted}.`;
  const end = !done ? "" : cost < 0.1 ? " Solved." : cost < 0.29 ? " Two examples share one answer: a quarter."
    : " It has given up three examples, or all of them.";
  return `${where}\n${says}${end}`;
}

define("descent-map", descentMap);
