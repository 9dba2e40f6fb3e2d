// Two curves of error, a hand on the step at which training stops, and the surface that is kept.

const stopping = {
  name: "Where to stop training",
  width: 640,
  start: data => ({ run: 0, moment: data.runs[0].best }),
  tidy: ({ run, moment }, { runs }) => {
    const k = bounded(Math.round(run), 0, runs.length - 1);
    return { run: k, moment: bounded(Math.round(moment), 0, runs[k].nets.length - 1) };
  },

  build(figure) {
    const { runs, points } = figure.data, wide = figure.width >= 560;
    const curves = stoppingCurves(figure, [wide ? figure.width - 268 : figure.width, 260]);
    const surface = stoppingSurface(points, wide ? 260 : Math.min(figure.width, 260));
    figure.add(curves.node, surface.node);
    figure.row(() => runs.length > 1);
    figure.choice("run", { label: "weight decay", options: runs.map(({ title }, k) => [k, title]) });
    figure.row();
    const steps = runs[0].steps, show = i => steps[i].toLocaleString("en");
    figure.slider("moment", { label: "stop at step", min: 0, max: steps.length - 1, step: 1, show });
    figure.button("Earlier", () => figure.set({ moment: figure.state.moment - 1 }), { disabled: state => state.moment === 0 });
    figure.button("Later", () => figure.set({ moment: figure.state.moment + 1 }), { disabled: state => state.moment === steps.length - 1 });
    return state => {
      const run = runs[state.run];
      curves.show(run, state.moment);
      surface.show(run.nets[state.moment]);
      figure.say(stoppingWords(run, points, state.moment));
    };
  },
};

function stoppingCurves(figure, size) {
  const { steps, curve_steps } = figure.data.runs[0], last = steps.at(-1);
  const node = picture(...size, "Training and validation error over the steps");
  const plot = axes({
    size, x: [0, last], y: [0, 0.28], xticks: range(4).map(i => i * last / 4), yticks: [0, 0.1, 0.2], xlabel: "steps", ylabel: "mean squared error",
    tick: v => (v < 1 ? num(v) : v.toLocaleString("en")),
  });
  const curves = ["blue", "orange"].map(color => svg("path", { class: color }));
  plot.inside.append(...curves);
  plot.inside.append(svg("text", { class: "orange", x: plot.X(0.52 * last), y: plot.Y(0.235), text: "validation" }));
  plot.inside.append(svg("text", { class: "blue", x: plot.X(0.52 * last), y: plot.Y(0.02), text: "training" }));
  const hand = svg("path", { class: "ink thin" }), dots = ["blue", "orange"].map(color => svg("circle", { class: `${color} fill`, r: 5 }));
  plot.inside.append(hand, ...dots);
  const touch = svg("rect", { class: "touch grab", x: plot.box.left, y: plot.box.top, width: plot.box.right - plot.box.left, height: plot.box.bottom - plot.box.top });
  node.append(plot.group, touch);
  drag(node, touch, px => {
    const step = (px - plot.X(0)) / (plot.X(last) - plot.X(0)) * last;
    const far = steps.map(each => Math.abs(each - step));
    figure.set({ moment: far.indexOf(Math.min(...far)) });
  });
  const show = ({ training, validation, errors }, moment) => {
    [training, validation].forEach((values, i) => {
      change(curves[i], { d: line(values.map((v, k) => [curve_steps[k], v]), plot) });
      change(dots[i], { cx: plot.X(steps[moment]), cy: plot.Y(errors[i][moment]) });
    });
    change(hand, { d: line([[steps[moment], 0], [steps[moment], 0.28]], plot) });
  };
  return { node, show };
}

const STOPPING_EDGE = "stroke: var(--bp-paper); stroke-width: 1";

// The output of the network over the square, in steps of color, and the training points on it.
function stoppingSurface({ x, labels }, side) {
  const node = picture(side, side, "The output of the network over the square, with the training points");
  // Whole pixels, so that the cells neither overlap nor leave gaps.
  const cells = 40, size = Math.floor((side - 8) / cells), box = size * cells, edge = Math.floor((side - box) / 2);
  const place = v => edge + (v + 1) / 2 * box;
  const middles = range(cells).map(i => -1 + (2 * i + 1) / cells);
  const grid = middles.flatMap(x2 => middles.map(x1 => [x1, x2]));
  const squares = grid.map(([x1, x2]) => svg("rect", { class: "fill blue", x: place(x1) - size / 2, y: side - place(x2) - size / 2, width: size, height: size }));
  node.append(svg("g", { "shape-rendering": "crispEdges" }, ...squares));
  labels.forEach((label, i) => {
    const [px, py] = [place(x[0][i]), side - place(x[1][i])];
    node.append(label === 1
      ? svg("path", { class: "fill orange", style: STOPPING_EDGE, d: `M${px} ${py - 5}l5 9h-10z` })
      : svg("circle", { class: "fill blue", style: STOPPING_EDGE, cx: px, cy: py, r: 4 }));
  });
  const inputs = [grid.map(p => p[0]), grid.map(p => p[1])];
  const show = net => {
    const output = forward(net, inputs).a[depth(net)][0];
    // Five shades, as in the still figure: below 0.2, 0.5, 0.8, and above.
    squares.forEach((square, i) => {
      const a = output[i];
      change(square, { class: `fill ${a < 0.5 ? "blue" : "orange"}`, "fill-opacity": a < 0.2 || a >= 0.8 ? 0.6 : 0.25 });
    });
  };
  return { node, show };
}

function stoppingWords({ steps, errors: [training, validation], nets, best }, { x, labels }, moment) {
  const net = nets[moment], [output] = forward(net, x).a[depth(net)];
  const wrong = labels.filter((label, i) => (output[i] >= 0.5 ? 1 : 0) !== label).length;
  const first = `Stop at step ${steps[moment].toLocaleString("en")}: training error ${fixed(training[moment], 3)}, validation error ${fixed(validation[moment], 3)}.`;
  const second = `${wrong} of the ${labels.length} training points lie on the wrong side of the border.`;
  const third = moment === best ? " Of these moments the validation error is lowest here."
    : validation[moment] > validation[best] && moment > best ? " The validation error was lower before." : "";
  return `${first}\n${second}${third}`;
}

define("stopping", stopping);
