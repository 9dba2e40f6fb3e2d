// Watch it train: a network learns in the page, one step of gradient descent after another.

const TRAIN = {
  stepsPerFrame: 4,
  milliseconds: 10, // of a frame, for a link that leads far ahead
  epochs: { digits: 30, moons: 300 },
  marks: { digits: [0, 1, 2, 5, 10, 30], moons: [0, 1, 3, 10, 30, 100, 300] },
};

define("watch-it-train", {
  name: "A network that learns while you watch",
  width: 620,
  lines: 3,
  start: data => ({ task: "digits", eta: data.eta, batch: String(data.batch), width: data.width, seed: 1, steps: 0 }),
  tidy: (state, data) => ({
    task: state.task === "moons" ? "moons" : "digits",
    eta: bounded(state.eta, 0.01, 10),
    batch: ["1", "10", "50", "all"].includes(state.batch) ? state.batch : String(data.batch),
    width: Math.round(bounded(state.width, 1, 40)),
    seed: Math.round(bounded(state.seed, 1, 9999)),
    steps: Math.round(bounded(state.steps, 0, 20000)),
  }),

  build(figure) {
    const views = { digits: trainDigits(figure), moons: trainSurface(figure) };
    const curves = { digits: trainCurves(figure, "digits"), moons: trainCurves(figure, "moons") };
    const play = trainControls(figure);
    figure.again = () => { play.toggle(false); figure.training = null; };
    return state => {
      const training = trainUpTo(figure, state);
      for (const task of ["digits", "moons"]) {
        for (const part of [views[task], curves[task]]) change(part.node, { hidden: task !== state.task });
      }
      views[state.task].show(training);
      curves[state.task].show(training);
      figure.say(trainWords(training, state));
      // A link may lead far ahead: the steps are taken over several frames.
      if (trainUnfinished(training, state)) requestAnimationFrame(() => figure.set({}));
    };
  },
});

function trainControls(figure) {
  const more = steps => figure.set({ steps: figure.state.steps + steps }), anew = changes => { figure.again(); figure.set({ ...changes, steps: 0 }); };
  const done = state => figure.training?.key === trainKey(state) && figure.training.epochs >= TRAIN.epochs[state.task] - 1e-9;
  figure.row();
  const play = figure.play(() => {
    if (done(figure.state)) return false;
    // The next frame's steps only when this one's are done: a slow machine trains more slowly.
    if (figure.training?.steps === figure.state.steps) more(calm() ? 5 * TRAIN.stepsPerFrame : TRAIN.stepsPerFrame);
  }, { disabled: done });
  figure.button("One step", () => more(1), { disabled: done });
  figure.button("Other weights", () => anew({ seed: figure.state.seed + 1 }));
  figure.row();
  figure.slider("eta", { label: "η", say: "learning rate eta", min: 0.05, max: 5, step: 0.05, show: v => fixed(v) });
  figure.choice("batch", { label: "batch", options: ["1", "10", "50", "all"].map(b => [b, b]) });
  figure.row();
  figure.slider("width", { label: "hidden neurons", min: 1, max: 40, step: 1 });
  figure.choice("task", { say: "Task", options: [["digits", "Digits"], ["moons", "Two moons"]] });
  return play;
}

const trainBatch = ({ batch }, m) => (batch === "all" ? m : Math.min(Number(batch), m));

const trainKey = state => [state.task, state.width, state.seed].join();
const trainUnfinished = ({ steps, epochs }, state) => steps < state.steps && epochs < TRAIN.epochs[state.task] - 1e-9;

// Bring the training to the steps that the state asks for, or as far as one frame allows.
function trainUpTo(figure, state) {
  const key = trainKey(state);
  if (figure.training?.key !== key || figure.training.steps > state.steps) figure.training = trainStart(figure.data, state, key);
  const training = figure.training, until = performance.now() + TRAIN.milliseconds;
  while (trainUnfinished(training, state) && performance.now() < until) {
    trainStep(training, state);
    if (training.steps % (training.steps < 40 ? 4 : 20) === 0) trainMeasure(training);
  }
  if (training.curve.at(-1).step !== training.steps) trainMeasure(training);
  return training;
}

// Random weights of size 1/sqrt(n), zero biases, as in the chapter.
function trainStart(data, { task, width, seed }, key) {
  const { train, test, classes } = trainData(data, task), uniform = random(seed);
  const layer = (n, before) => range(n).map(() => range(before).map(() => normal(uniform) / Math.sqrt(before)));
  const net = {
    w: { 2: layer(width, train.x.length), 3: layer(classes, width) },
    b: { 2: range(width).map(() => [0]), 3: range(classes).map(() => [0]) },
    activations: { 2: "sigmoid", 3: "softmax" },
  };
  const training = { key, net, train, test, uniform, steps: 0, epochs: 0, waiting: [], curve: [] };
  trainMeasure(training);
  return training;
}

function trainData(data, task) {
  const classes = task === "digits" ? 10 : 2;
  const part = ({ x, labels }) => ({
    x: transpose(x.map(each => (typeof each === "string" ? digitInk(each) : each))), labels,
    y: range(classes).map(c => labels.map(label => (label === c ? 1 : 0))),
  });
  return task === "digits" ? { train: part(data.digits), test: part(data.test), classes } : { train: part(data.moons), test: part(data.moons), classes };
}

// One step against the gradient of the next mini-batch; a new order for every epoch.
function trainStep(training, state) {
  const m = training.train.labels.length, size = trainBatch(state, m);
  if (!training.waiting.length) training.waiting = shuffled(m, training.uniform);
  const batch = training.waiting.splice(0, size), pick = rows => rows.map(row => batch.map(i => row[i]));
  const x = pick(training.train.x), y = pick(training.train.y);
  training.net = descend(training.net, backward(training.net, forward(training.net, x), y, "log_likelihood"), state.eta);
  Object.assign(training, { batch, steps: training.steps + 1, epochs: training.epochs + batch.length / m });
}

function shuffled(m, uniform) {
  const order = range(m);
  for (let i = m - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// The cost on the training examples, and how many of the others are right.
function trainMeasure(training) {
  const { net, train, test } = training, a = forward(net, train.x).a[3];
  const outputs = train === test || train.x === test.x ? a : forward(net, test.x).a[3];
  training.guesses = transpose(outputs).map(column => column.indexOf(Math.max(...column)));
  const right = training.guesses.filter((guess, i) => guess === test.labels[i]).length;
  training.curve.push({ step: training.steps, epochs: training.epochs, cost: costOf("log_likelihood", a, train.y), right: right / test.labels.length });
}

function trainWords(training, state) {
  const { curve, train, test } = training, { task } = state, { cost, right, step, epochs } = curve.at(-1), what = task === "digits" ? "digits" : "points";
  const tested = task === "digits" ? `Of ${test.labels.length} other digits ${Math.round(right * test.labels.length)} are read correctly.`
    : `Of them ${Math.round(right * test.labels.length)} are on the right side.`;
  const wait = trainUnfinished(training, state) ? " Wait \u2026" : "";
  return `After ${step} steps, ${num(epochs, 1)} epochs on ${train.labels.length} ${what}: cost C = ${Number.isFinite(cost) ? num(cost) : "beyond all numbers"}.${wait}\n${tested}`;
}

// Cost and accuracy over the epochs. The axis gives more room to the first, as in the still figure.
function trainCurves(figure, task) {
  const wide = figure.width >= 560, [width, tall] = wide ? [350, 150] : [Math.min(figure.width, 342), 125];
  const node = picture(width, 2 * tall, "Cost and accuracy over the epochs");
  const stretch = e => (e <= 1 ? e / 0.9 : 1 / 0.9 + Math.log10(e)), marks = TRAIN.marks[task];
  const x = { x: [0, stretch(1.02 * TRAIN.epochs[task])], xticks: marks.map(stretch), xtick: v => String(marks.find(e => stretch(e) === v)) };
  const high = task === "digits" ? [0, 1, 2, 3] : [0, 0.5, 1];
  const top = axes({ ...x, at: [0, 0], size: [width, tall], y: [0, high.at(-1)], yticks: high, ylabel: "cost C" });
  const bottom = axes({ ...x, at: [0, tall - 10], size: [width, tall + 10], y: [0, 100], yticks: [0, 50, 100], xlabel: "epochs", ylabel: "right, in %" });
  const cost = svg("path", { class: "blue" }), right = svg("path", { class: "green" }), ends = [svg("circle", { class: "blue fill", r: 4 }), svg("circle", { class: "green fill", r: 4 })];
  top.inside.append(cost, ends[0]);
  bottom.inside.append(right, ends[1]);
  node.append(top.group, bottom.group);
  figure.add(node);
  const show = ({ curve }) => {
    const last = curve.at(-1), finite = v => (Number.isFinite(v) ? v : 1e3);
    change(cost, { d: line(curve.map(p => [stretch(p.epochs), finite(p.cost)]), top) });
    change(right, { d: line(curve.map(p => [stretch(p.epochs), 100 * p.right]), bottom) });
    change(ends[0], { cx: top.X(stretch(last.epochs)), cy: bounded(top.Y(finite(last.cost)), -9, 999) });
    change(ends[1], { cx: bottom.X(stretch(last.epochs)), cy: bottom.Y(100 * last.right) });
  };
  return { node, show };
}

// A canvas of so many pixels on the page, sharp on every screen.
function trainCanvas(figure, size, label) {
  const scale = Math.min(devicePixelRatio || 1, 2), node = html("canvas", { width: size * scale, height: size * scale, role: "img", "aria-label": label });
  node.style.width = node.style.height = `${size}px`;
  figure.add(node);
  const context = node.getContext("2d");
  context.scale(scale, scale);
  const color = name => getComputedStyle(node).getPropertyValue(`--bp-${name}`).trim();
  return { node, context, color };
}

// The test digits, the misread ones on orange.
function trainDigits(figure) {
  const { node, context, color } = trainCanvas(figure, 250, "The test digits; those that are misread lie on orange"), across = 10, cell = 25;
  let before = "";
  const show = ({ guesses, test }) => {
    const wrong = guesses.map((guess, i) => guess !== test.labels[i]), now = wrong.join() + color("ink");
    if (now === before) return;
    before = now;
    context.clearRect(0, 0, 250, 250);
    wrong.forEach((misread, i) => {
      const left = cell * (i % across), top = cell * Math.floor(i / across);
      if (misread) {
        Object.assign(context, { fillStyle: color("orange"), globalAlpha: 0.45 });
        context.fillRect(left, top, cell - 1, cell - 1);
      }
      context.fillStyle = color("ink");
      test.x.forEach((row, pixel) => {
        context.globalAlpha = row[i];
        if (row[i]) context.fillRect(left + 2 + 2.5 * (pixel % 8), top + 2 + 2.5 * Math.floor(pixel / 8), 2.5, 2.5);
      });
      context.globalAlpha = 1;
    });
  };
  return { node, show };
}

// Two classes of points in the plane, and how the network divides it.
function trainSurface(figure) {
  const { node, context, color } = trainCanvas(figure, 250, "The points, and the sides on which the network sees them"), n = 50;
  const { x: points, labels } = figure.data.moons, spans = [0, 1].map(i => [Math.min(...points.map(p => p[i])) - 0.4, Math.max(...points.map(p => p[i])) + 0.4]);
  const at = (i, cell) => spans[i][0] + (cell + 0.5) / n * (spans[i][1] - spans[i][0]);
  const grid = [range(n * n).map(c => at(0, c % n)), range(n * n).map(c => at(1, n - 1 - Math.floor(c / n)))];
  const place = (p, i) => 250 * (i ? spans[1][1] - p[1] : p[0] - spans[0][0]) / (spans[i][1] - spans[i][0]);
  const show = ({ net }) => {
    const second = forward(net, grid).a[3][1], side = 250 / n, classes = [color("blue"), color("orange")];
    context.clearRect(0, 0, 250, 250);
    second.forEach((p, c) => {
      context.fillStyle = classes[p > 0.5 ? 1 : 0];
      context.globalAlpha = 1.2 * Math.abs(p - 0.5) || 0;
      context.fillRect(side * (c % n), side * Math.floor(c / n), side, side);
    });
    context.globalAlpha = 1;
    context.strokeStyle = color("paper");
    points.forEach((p, i) => {
      context.fillStyle = classes[labels[i]];
      context.beginPath();
      context.arc(place(p, 0), place(p, 1), 4, 0, 7);
      context.fill();
      context.stroke();
    });
  };
  return { node, show };
}
